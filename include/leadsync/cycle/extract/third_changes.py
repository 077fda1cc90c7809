"""Users' changes in Marketo that our own write went over, found after the fact (semantics.md 2).

Marketo has no conditional write. But our write comes back in the activity log with the value that
it replaced. When that is not the value that we had decided upon, somebody changed the field in
between, and the change is judged again in this cycle, as a collision against what both sides agreed
on before our write.

The journal says what we wrote and what we believed. It is asked once a cycle, for those persons
whose activities may be our own writes; values are compared in their canonical form.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.reading import as_table
from leadsync.cycle.work import Work
from leadsync.mapping.plan import FieldPlan, SyncPlan
from leadsync.merge.claims import Claim
from leadsync.model import Activity, FieldChange, Json
from leadsync.state.port import LinkRow
from leadsync.values.marks import ABSENT, is_marked, shown

#: ``Source`` of an activity that a REST client caused (reference/marketo-rest.md 8.4).
OWN_SOURCE = "web service api"
#: how long before its journal row a write can have been sent: a crashed stage is run again.
SENT_BEFORE = timedelta(days=1)
#: how far the two clocks may be apart.
CLOCKS_APART = timedelta(seconds=300)


@dataclass(frozen=True, slots=True)
class OwnWrite:
    """A field that we wrote in Marketo.

    :param base: what both sides agreed on before; ``ABSENT`` when they never did.
    :param believed: what Marketo held when the write was decided, as the journal shows it.
    """

    at: datetime
    base: str | None
    believed: str | None
    value: str | None


@dataclass(frozen=True, slots=True)
class Overwritten:
    """A user's value that our write replaced, and the value that our last write left."""

    value: str | None
    base: str | None
    standing: str | None


Found = dict[int, dict[str, Overwritten]]


def find_overwritten(
    engine: Engine,
    plan: SyncPlan,
    by_person: Mapping[int, Sequence[Activity]],
    links: Mapping[int, LinkRow],
) -> Found:
    """Return the changes that were written over, by person and field.

    :param by_person: activities that no cycle has processed yet, in the feed's order.
    :param links: live links by person; others are left out.
    """
    suspects = {
        person: [activity for activity in activities if may_be_ours(activity)]
        for person, activities in by_person.items()
        if person in links
    }
    suspects = {person: own for person, own in suspects.items() if own}
    if not suspects:
        return {}
    written = _own_writes(engine, suspects)
    found: Found = {}
    for person in suspects.keys() & written.keys():
        table = plan.tables[as_table(links[person]["dynamics_table"])]
        for name, writes in written[person].items():
            field = table.by_name.get(name)
            if field is not None and field.direction == "both":
                lost = _overwritten(field, by_person[person], writes)
                if lost is not None:
                    found.setdefault(person, {})[name] = lost
    return _without_unconfirmed(engine, plan, links, found)


def to_document(found: Found) -> Json:
    """Return findings as JSON for the merge."""
    return {
        str(person): {name: [lost.value, lost.base, lost.standing] for name, lost in fields.items()}
        for person, fields in found.items()
    }


def claim_overwritten(engine: Engine, cycle: Cycle, plan: SyncPlan, work: Work) -> None:
    """Let the changes that were written over take part in the merge.

    Where Marketo holds another value than our last write left, somebody has changed the field
    since; that is an ordinary change and the earlier one is history. A person that was merged goes
    on with another row, whose base counts (S101).
    """
    document = engine.staging.read_document(cycle.cycle_id, "extract_marketo") or {}
    found: Json = document.get("overwritten", {})
    if not found:
        return
    for pair in work.pairs.values():
        lost = found.get(str(pair.link["marketo_id"]), {})
        if not lost or pair.marketo is None or pair.is_new or pair.restored:
            continue
        table = plan.tables[as_table(pair.link["dynamics_table"])]
        for name, (value, base, standing) in lost.items():
            field = table.by_name.get(name)
            now = pair.marketo.get(name, ABSENT)
            if field is not None and field.comparable(now) == field.comparable(standing):
                known = pair.base.get(name, ABSENT) if pair.moved else base
                pair.claims = {**(pair.claims or {}), name: Claim(value, known, "restored")}


def may_be_ours(activity: Activity) -> bool:
    """Tell whether a REST client may have caused it; the source is not always there."""
    source = next(
        (value for name, value in activity.attributes.items() if name.casefold() == "source"), None
    )
    return bool(activity.changes) and (
        source is None or str(source).strip().casefold() == OWN_SOURCE
    )


def _own_writes(
    engine: Engine, suspects: Mapping[int, Sequence[Activity]]
) -> dict[int, dict[str, list[OwnWrite]]]:
    first = min(activity.at for own in suspects.values() for activity in own)
    rows = engine.store.journal(marketo_ids=sorted(suspects), since=first - CLOCKS_APART)
    written: dict[int, dict[str, list[OwnWrite]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["side"] == "marketo" and row["field"] and row["marketo_id"] is not None:
            base = ABSENT if row["kind"] == "no_base" else row["base"]
            write = OwnWrite(row["at"], base, row["marketo"], row["dynamics"])
            written[row["marketo_id"]][row["field"]].append(write)
    return written


def _overwritten(
    field: FieldPlan, activities: Iterable[Activity], writes: Sequence[OwnWrite]
) -> Overwritten | None:
    """Return the last user's value that a write of ours replaced, unless a user went on after."""
    lost: Overwritten | None = None
    for activity, change in _changes(activities, field.name):
        write = _write_of(field, activity, change, writes)
        if write is None:
            lost = None
            continue
        value = field.converter.from_marketo(change.old)
        if not is_marked(value) and _form(field, value) != _form(field, write.believed):
            lost = Overwritten(value, write.base, writes[-1].value)
    return lost


def _changes(activities: Iterable[Activity], name: str) -> Iterator[tuple[Activity, FieldChange]]:
    for activity in activities:
        for change in activity.changes:
            if change.name == name:
                yield activity, change


def _write_of(
    field: FieldPlan, activity: Activity, change: FieldChange, writes: Sequence[OwnWrite]
) -> OwnWrite | None:
    """Return the write that an activity reports: same value, and sent at about its time."""
    if not may_be_ours(activity):
        return None
    new = _form(field, field.converter.from_marketo(change.new))
    same = [
        write
        for write in writes
        if _form(field, write.value) == new
        and write.at - SENT_BEFORE <= activity.at <= write.at + CLOCKS_APART
    ]
    return min(same, key=lambda write: abs(write.at - activity.at), default=None)


def _form(field: FieldPlan, value: str | None) -> str | None:
    return shown(field.comparable(value))


def _without_unconfirmed(
    engine: Engine, plan: SyncPlan, links: Mapping[int, LinkRow], found: Found
) -> Found:
    """Leave out values that we sent ourselves in a stage that died before it could record them."""
    if not found:
        return found
    sent: dict[tuple[int, str], list[str | None]] = defaultdict(list)
    for intent in engine.store.pending_updates(sorted(found)):
        for name, value in intent["body"]["values"].items():
            sent[intent["marketo_id"] or 0, name].append(value)

    def is_ours(person: int, name: str, lost: Overwritten) -> bool:
        table = plan.tables[as_table(links[person]["dynamics_table"])]
        field = table.by_name.get(name)
        return field is not None and _form(field, lost.value) in {
            _form(field, value) for value in sent[person, name]
        }

    kept = {
        person: {name: lost for name, lost in fields.items() if not is_ours(person, name, lost)}
        for person, fields in found.items()
    }
    return {person: fields for person, fields in kept.items() if fields}
