"""Stage 2a: which persons changed in Marketo, and their current values.

Only linked persons whose change is not an echo are read: the feed names what changed, and a change
whose new values all equal the base is our own write coming back (S036).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from leadsync.clock import format_instant
from leadsync.cycle.carried import due_persons, person_key, unfinished
from leadsync.cycle.consent.consent import clicks
from leadsync.cycle.consent.shared_address import UNSUBSCRIBED
from leadsync.cycle.context import Cycle, Engine, held_lease
from leadsync.cycle.extract.full_comparison import Compared, compare_persons
from leadsync.cycle.extract.merges import survivors_of
from leadsync.cycle.extract.person_feeds import CHANGES_CURSOR, PersonFeeds, read_feeds
from leadsync.cycle.extract.third_changes import Found, find_overwritten, to_document
from leadsync.cycle.plan.schemas import plan_of
from leadsync.cycle.reading import as_table, person_values, read_persons, row_id_of
from leadsync.cycle.request.requests import NamedPersons, named_persons, read_asked
from leadsync.errors import SchemaChangedError
from leadsync.frames import ACTIVITIES, PERSONS, Rows
from leadsync.mapping.plan import SyncPlan
from leadsync.marketo.activities import MERGE_LEADS
from leadsync.model import Activity, Json, Table
from leadsync.state.port import LIVE, LinkRow, Values
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
    records, values, overwritten = _persons(engine, cycle, plan, feeds)
    persons = Rows(PERSONS, records, plan.names, values)
    engine.staging.write_rows(cycle.cycle_id, "persons", persons)
    seen: list[Json] = [
        {"guid": activity.guid, "at": activity.at.isoformat()} for activity in feeds.all()
    ]
    engine.staging.write_rows(cycle.cycle_id, "activities", Rows(ACTIVITIES, seen))
    summary: Json = {"activities": len(seen), "full_comparison": list(feeds.given_up)}
    for record in records:
        summary[record["event"]] = summary.get(record["event"], 0) + 1
    engine.staging.write_document(
        cycle.cycle_id,
        "extract_marketo",
        {
            "stamp": engine.new_id(),
            "cursors": feeds.cursors,
            "unsettled_since": feeds.unsettled_since and feeds.unsettled_since.isoformat(),
            "overwritten": to_document(overwritten),
            "clicks": clicks([*feeds.changes, *feeds.events]),
            "full_comparison": list(feeds.given_up),
            "summary": summary,
        },
    )
    return summary


def _persons(
    engine: Engine, cycle: Cycle, plan: SyncPlan, feeds: PersonFeeds
) -> tuple[list[dict[str, Any]], list[Values], Found]:
    by_person: dict[int, list[Activity]] = defaultdict(list)
    for activity in feeds.changes:
        by_person[activity.person_id].append(activity)
    compared = _compared(engine, plan, feeds)
    by_person.update({person: [] for person in compared.differing - by_person.keys()})
    deleted = {activity.person_id for activity in feeds.deletes} | compared.missing
    survivors = _survivors(engine, feeds, {*by_person, *deleted})
    heirs = set(survivors.values())
    deleted -= survivors.keys()
    pending = unfinished(engine)
    carried = due_persons(pending, plan) if cycle.moves_cursors else set()
    named = named_persons(engine, read_asked(engine, cycle), pending, {*by_person, *carried})
    everybody = {*by_person, *deleted, *carried, *named.forced, *named.creating, *heirs}
    links = _live_links(engine, everybody)
    echoes = _echoes(engine, plan, by_person, links) if cycle.moves_cursors else set()
    overwritten = find_overwritten(engine, plan, by_person, links) if cycle.moves_cursors else {}
    echoes -= overwritten.keys() | compared.differing
    wanted = {
        person
        for person in {*by_person, *carried, *named.forced} - deleted
        if person in links
        and (
            person in carried
            or person in named.forced
            or person not in echoes
            or pending.concerns(person_key(person))
        )
    } | ((named.creating.keys() | heirs) - deleted)
    wanted -= survivors.keys()
    found = read_persons(engine, plan, sorted(wanted))

    in_feed = {*by_person, *deleted, *survivors, *heirs}
    records: list[dict[str, Any]] = []
    values: list[Values] = []
    for person in (*survivors, *sorted(everybody - survivors.keys())):
        raw = found.get(person)
        origin = "feed" if person in in_feed else "carried" if person in carried else "requested"
        table = named.creating.get(person)
        merged = origin != "requested" or person in named.forced
        event = _event(person in links or person in heirs, table, raw, merged=merged)
        if person in survivors:
            event = "merged"
        elif person in deleted:
            event = "deleted"
        elif person in wanted and raw is None:
            event = "vanished" if person in links else "deleted"
        records.append(
            {
                "marketo_id": person,
                "event": event,
                "origin": origin,
                "changed_at": _last_change(by_person.get(person, ())),
                "email_key": email_key(raw.get("email")) if raw else None,
                "own_id": row_id_of(raw) if raw else None,
                "wanted_table": table,
                "merged_into": survivors.get(person),
            }
        )
        values.append(_values(plan, named, links.get(person), person, raw))
    return records, values, overwritten


def _compared(engine: Engine, plan: SyncPlan, feeds: PersonFeeds) -> Compared:
    """Return what feeds that had to start anew could not tell."""
    if not feeds.given_up:
        return Compared()
    return compare_persons(engine, plan, values=CHANGES_CURSOR in feeds.given_up)


def _survivors(engine: Engine, feeds: PersonFeeds, seen: set[int]) -> dict[int, int]:
    """Return the persons in which others ended, for those that matter: linked once, or changed."""
    survivors = survivors_of(feeds.of_type(MERGE_LEADS))
    linked = {link["marketo_id"] for link in engine.store.links_of_persons(sorted(survivors))}
    return {loser: heir for loser, heir in survivors.items() if loser in linked | seen}


def _event(is_linked: bool, table: Table | None, raw: Json | None, *, merged: bool) -> str:
    """Return what a person that exists means to the merge (frames.PERSONS)."""
    if not is_linked:
        return "unlinked" if table is None else "wanted"
    if raw is None:
        return "echo"
    return "changed" if merged else "linked"


def _values(
    plan: SyncPlan, named: NamedPersons, link: LinkRow | None, person: int, raw: Json | None
) -> Values:
    """Return a person's values in the fields of its row's table, or of the table it wants."""
    table = link["dynamics_table"] if link else named.creating.get(person)
    known = plan.tables.get(as_table(table)) if table else None
    return person_values(known, raw) if known and raw else {}


def _live_links(engine: Engine, persons: Iterable[int]) -> dict[int, LinkRow]:
    rows = engine.store.links_of_persons(sorted(persons))
    return {row["marketo_id"]: row for row in rows if row["status"] in LIVE}


def _echoes(
    engine: Engine,
    plan: SyncPlan,
    by_person: dict[int, list[Activity]],
    links: dict[int, LinkRow],
) -> set[int]:
    """Return the persons whose every reported value equals the base: nothing new happened.

    A base without a consent is not whole: both sides must be read to find it (S111).

    Values that a person passed through and left again make the person look changed; that costs one
    read and is decided by value there.
    """
    linked = {person: link for person, link in links.items() if person in by_person}
    bases = engine.store.base_of([link["link_id"] for link in linked.values()])
    return {
        person
        for person, link in linked.items()
        if _is_echo(plan, link["dynamics_table"], by_person[person], bases.get(link["link_id"], {}))
    }


def _is_echo(plan: SyncPlan, table: str, activities: Sequence[Activity], base: Values) -> bool:
    fields = {f.name: f for f in plan.tables[as_table(table)].fields}
    if UNSUBSCRIBED in fields and UNSUBSCRIBED not in base:
        return False
    for activity in activities:
        for change in activity.changes:
            mapped = fields.get(change.name)
            if mapped is None:
                continue
            value = mapped.converter.from_marketo(change.new)
            if change.name not in base or (
                mapped.comparable(value) != mapped.comparable(base[change.name])
            ):
                return False
    return True


def _last_change(activities: Sequence[Activity]) -> str | None:
    return format_instant(max(a.at for a in activities)) if activities else None
