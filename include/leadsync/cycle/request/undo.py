"""Take back what one cycle wrote, field by field, where nobody has changed it since.

Both sides of a pair end with the value from before, and the base with them, so that the next cycle
finds nothing to do. Creations, deletions, merges and owners are told and stay. An undo is itself a
cycle in the journal: undoing it brings the values back. A run that dies is finished by another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from leadsync.cycle.carried import Unfinished, person_key, row_key, unfinished
from leadsync.cycle.context import Engine
from leadsync.cycle.request.comparison import (
    CHUNK,
    Compared,
    Opener,
    chunks,
    compare,
    open_when_free,
)
from leadsync.cycle.undo.claim_undone import left_alone
from leadsync.cycle.undo.written import PairKey, written_fields
from leadsync.errors import ConfigurationError
from leadsync.state.port import LIVE, JournalRow, LinkRow

#: what an undo leaves as it is, by kind of event.
_STAYS = {
    "created": "it was created; delete it yourself if nobody wants it",
    "linked": "it was linked; the link stays",
    "link_closed": "its link was closed",
    "flagged_deleted": "its person was flagged as deleted",
    "out_of_scope": "it went out of scope",
    "deactivated": "it was closed in Dynamics; reopen it yourself",
    "merged": "it was merged, which nothing takes back",
    "assigned": "it got another owner; assign it yourself",
    "qualified": "it was qualified, which nothing takes back",
}
_NO_LINK = "the two records are not linked any more"
_WAITS = "the record waits in quarantine or for the next cycle; undo again after that"
_CLOSED = "the Dynamics record is closed or out of scope"


def undo(
    engine: Engine,
    cycle_id: str,
    *,
    dry_run: bool,
    chunk: int = CHUNK,
    opener: Opener = open_when_free,
) -> Compared:
    """Take back a cycle's writes, in cycles of kind ``undo``.

    :param dry_run: only tell what would be written, and what would be left alone.
    :param chunk: pairs that one cycle works on.
    :param opener: opens each cycle in its turn.
    :returns: the pairs that are taken back, as ``drift``, and what is left alone.
    :raises ConfigurationError: there is no such cycle, or it is still at work.
    :raises LeaseHeldError: another cycle did not end in time.
    """
    rows = _journal(engine, cycle_id)
    found, written = Compared(), written_fields(rows)
    found.left.extend(_stays(rows))
    links = _links(engine, written.keys())
    pending = unfinished(engine)
    ready: list[LinkRow] = []
    for pair, fields in written.items():
        link, reason = links.get(pair), _NO_LINK
        if link is not None:
            reason = _obstacle(link, pending)
        if link is not None and not reason:
            ready.append(link)
        else:
            record = link or _record(rows, pair)
            found.left.extend(left_alone(record, name, reason) for name in fields)
    for part in chunks(sorted(ready, key=lambda link: link["link_id"]), chunk):
        compare(engine, "undo", part, found, repair=not dry_run, undo_of=cycle_id, opener=opener)
    return found


def _journal(engine: Engine, cycle_id: str) -> list[JournalRow]:
    record = engine.store.cycle(cycle_id)
    if record is None:
        raise ConfigurationError(
            f"There is no cycle {cycle_id}.",
            remedy="Take the id from `leadsync status`, `leadsync explain` or a run's log; cycles "
            "older than LEADSYNC_KEEP_JOURNAL_DAYS are forgotten.",
        )
    lease = engine.store.current_lease("cycle")
    if record.status == "open" and lease and lease[0].expires_at > engine.clock.now():
        raise ConfigurationError(
            f"Cycle {cycle_id} is still at work.", remedy="Wait for its end, then undo it."
        )
    return engine.store.journal(cycle_id=cycle_id)


def _links(engine: Engine, pairs: Iterable[PairKey]) -> dict[PairKey, LinkRow]:
    persons = sorted({person for person, _ in pairs if person is not None})
    links = engine.store.links_of_persons(persons) if persons else []
    live = (link for link in links if link["status"] in LIVE)
    return {(link["marketo_id"], link["dynamics_id"]): link for link in live}


def _obstacle(link: LinkRow, pending: Unfinished) -> str:
    """Return why a pair cannot be worked on now, or nothing."""
    keys = (person_key(link["marketo_id"]), row_key(link["dynamics_table"], link["dynamics_id"]))
    if any(map(pending.concerns, keys)):
        return _WAITS
    return "" if link["status"] == "open" else _CLOSED


def _record(rows: Sequence[JournalRow], pair: PairKey) -> JournalRow:
    return next(row for row in rows if (row["marketo_id"], row["dynamics_id"]) == pair)


def _stays(rows: Iterable[JournalRow]) -> list[dict[str, object]]:
    return [
        left_alone(row, None, _STAYS[row["kind"]])
        for row in rows
        if row["field"] is None and row["kind"] in _STAYS
    ]
