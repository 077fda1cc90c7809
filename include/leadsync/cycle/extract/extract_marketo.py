"""Stage 2a: which persons changed in Marketo, and their current values.

Only linked persons whose change is not an echo are read: the feed names what changed, and a change
whose new values all equal the base is our own write coming back (S036).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadsync.clock import format_instant
from leadsync.cycle.consent.consent import clicks
from leadsync.cycle.context import Cycle, Engine, held_lease
from leadsync.cycle.extract.person_feeds import read_feeds
from leadsync.cycle.extract.seen_persons import SeenPersons, see_persons
from leadsync.cycle.extract.third_changes import to_document
from leadsync.cycle.plan.schemas import plan_of
from leadsync.cycle.reading import as_table, person_values, read_persons, row_id_of
from leadsync.errors import SchemaChangedError
from leadsync.frames import ACTIVITIES, PERSONS, Rows
from leadsync.mapping.plan import SyncPlan
from leadsync.model import Activity, Json
from leadsync.state.port import Values
from leadsync.values.keys import email_key


def extract_marketo(engine: Engine, cycle: Cycle) -> Json:
    """Read the feeds and write the frames ``persons`` and ``activities``.

    :returns: counts for the log: activities, changed, echoes, unlinked, deleted.
    """
    held_lease(engine, cycle)
    plan = plan_of(engine, cycle)
    try:
        feeds = read_feeds(engine, cycle, plan)
    except SchemaChangedError:
        plan = plan_of(engine, cycle, refresh=True)
        feeds = read_feeds(engine, cycle, plan)
    seen_persons = see_persons(engine, cycle, plan, feeds)
    found = read_persons(engine, plan, sorted(seen_persons.to_read))
    records, values = _persons(plan, seen_persons, found)
    persons = Rows(PERSONS, records, plan.names, values)
    engine.staging.write_rows(cycle.cycle_id, "persons", persons)
    seen: list[Json] = [
        {"guid": activity.guid, "at": activity.at.isoformat()} for activity in feeds.all()
    ]
    engine.staging.write_rows(cycle.cycle_id, "activities", Rows(ACTIVITIES, seen))
    summary: Json = {"activities": len(seen), "full_comparison": list(feeds.given_up)}
    if feeds.unread_since:
        summary["unread_since"] = feeds.unread_since
    for record in records:
        summary[record["event"]] = summary.get(record["event"], 0) + 1
    engine.staging.write_document(
        cycle.cycle_id,
        "extract_marketo",
        {
            "stamp": engine.new_id(),
            "cursors": feeds.cursors,
            "unsettled_since": feeds.unsettled_since and feeds.unsettled_since.isoformat(),
            "unread_since": feeds.unread_since,
            "overwritten": to_document(seen_persons.overwritten),
            "clicks": {str(p): at for p, at in clicks([*feeds.changes, *feeds.events]).items()},
            "full_comparison": list(feeds.given_up),
            "summary": summary,
        },
    )
    return summary


def _persons(
    plan: SyncPlan, seen: SeenPersons, found: Mapping[int, Json]
) -> tuple[list[dict[str, Any]], list[Values]]:
    """Return the records of the frame ``persons`` and their values, merged persons first."""
    survivors = seen.survivors
    ordered = (*survivors, *sorted(seen.everybody - survivors.keys()))
    records = [_record(seen, person, found.get(person)) for person in ordered]
    values = [_values(plan, seen, person, found.get(person)) for person in ordered]
    return records, values


def _record(seen: SeenPersons, person: int, raw: Json | None) -> dict[str, Any]:
    return {
        "marketo_id": person,
        "event": _event(seen, person, raw),
        "origin": seen.origin(person),
        "changed_at": _last_change(seen.by_person.get(person, ())),
        "email_key": email_key(raw.get("email")) if raw else None,
        "own_id": row_id_of(raw) if raw else None,
        "wanted_table": seen.named.creating.get(person),
        "merged_into": seen.survivors.get(person),
    }


def _event(seen: SeenPersons, person: int, raw: Json | None) -> str:
    """Return what a person means to the merge (frames.PERSONS)."""
    if person in seen.survivors:
        return "merged"
    if person in seen.deleted:
        return "deleted"
    if person in seen.to_read and raw is None:
        return "vanished" if person in seen.links else "deleted"
    if person not in seen.links and person not in seen.heirs:
        return "unlinked" if person not in seen.named.creating else "wanted"
    if raw is None:
        return "echo"
    only_named = seen.origin(person) == "requested" and person not in seen.named.forced
    return "linked" if only_named else "changed"


def _values(plan: SyncPlan, seen: SeenPersons, person: int, raw: Json | None) -> Values:
    """Return a person's values in the fields of its row's table, or of the table it wants."""
    link = seen.links.get(person)
    table = link["dynamics_table"] if link else seen.named.creating.get(person)
    known = plan.tables.get(as_table(table)) if table else None
    return person_values(known, raw) if known and raw else {}


def _last_change(activities: Sequence[Activity]) -> str | None:
    return format_instant(max(a.at for a in activities)) if activities else None
