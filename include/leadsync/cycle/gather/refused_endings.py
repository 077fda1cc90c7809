"""What quarantine holds about records whose link has ended.

A person's own failures end with its row (S072, S097). A write to a left-over record that the server
refused is tried again when somebody releases it or when the record changes (semantics.md 7).
"""

from __future__ import annotations

from collections.abc import Mapping

from leadsync.cycle.carried import Unfinished, person_key
from leadsync.cycle.context import Engine
from leadsync.cycle.gather.closing_rows import closed_already
from leadsync.cycle.gather.endings import Ending
from leadsync.cycle.gather.window import Links
from leadsync.cycle.quarantine.quarantining import INTO
from leadsync.cycle.work import Work, place
from leadsync.frames import ENDINGS
from leadsync.model import Json
from leadsync.state.port import LIVE, LinkRow, QuarantineRow

DELETED = "its Dynamics record was deleted"


def is_held_for(pending: Unfinished, link: LinkRow) -> bool:
    """Tell whether the person of a link that has ended is held on its way to that very row."""
    items = pending.quarantine.get(person_key(link["marketo_id"]), ())
    return any(item["dynamics_id"] == link["dynamics_id"] for item in items)


def end_held(work: Work, pending: Unfinished, link: LinkRow, reason: str) -> None:
    """End what is held of the person of a link that ends: there is no row to write it to."""
    key = person_key(link["marketo_id"])
    if key in pending.quarantine:
        work.settle(key, "to_dynamics", place(link), "out_of_scope", reason)


def end_again(
    engine: Engine, pending: Unfinished, rows: Mapping[str, Json], links: Links, work: Work
) -> None:
    """Ask once more for the endings of the window's rows that a server has refused.

    A person that has found another row since is let alone: it carries that one's id.

    :param rows: the rows of this window by id; those of items that are due are among them.
    """
    items = [item for group in pending.quarantine.values() for item in group]
    for item in items:
        row = rows.get(item["dynamics_id"] or "")
        if item["operation"] not in ENDINGS or row is None or _is_asked_for(item, work):
            continue
        closed = links.closed_by_row.get(row["dynamics_id"])
        if closed is None:
            continue
        ending = _ending(item, closed, row)
        record: Json = {**place(closed), "marketo_id": item["marketo_id"]}
        if ending.side == "dynamics" and closed_already(closed, row):
            work.settle(ending.key, ending.direction, record, "out_of_scope", "closed already")
        elif ending.side == "marketo" and _is_linked(engine, ending.person):
            reason = "the person belongs to another record now"
            work.settle(ending.key, ending.direction, record, "out_of_scope", reason)
        else:
            work.endings.append(ending)
            work.settle(ending.key, ending.direction, record, "writing")


def _is_linked(engine: Engine, person: int) -> bool:
    """Tell whether a person has a row."""
    return any(link["status"] in LIVE for link in engine.store.links_of_persons([person]))


def _is_asked_for(item: QuarantineRow, work: Work) -> bool:
    """Tell whether this cycle asks for an ending of the row in any case."""
    return any(ending.link["dynamics_id"] == item["dynamics_id"] for ending in work.endings)


def _ending(item: QuarantineRow, closed: LinkRow, row: Json) -> Ending:
    kind = next(kind for kind in ENDINGS if kind == item["operation"])
    return Ending(
        kind=kind,
        side="dynamics" if item["direction"] == "to_dynamics" else "marketo",
        link=closed,
        person=item["marketo_id"] or 0,
        etag=row["etag"] if kind == "deactivate" else None,
        into=item["row"].get(INTO),
    )
