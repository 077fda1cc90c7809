"""Whom a cycle has to look at in Marketo: who changed, is gone, was merged, carried or named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from leadsync.cycle.carried import Unfinished, due_persons, person_key, unfinished
from leadsync.cycle.consent.shared_address import UNSUBSCRIBED
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.extract.full_comparison import Compared, compare_persons
from leadsync.cycle.extract.merges import survivors_of
from leadsync.cycle.extract.person_feeds import CHANGES_CURSOR, PersonFeeds
from leadsync.cycle.extract.third_changes import Found, find_overwritten
from leadsync.cycle.reading import as_table
from leadsync.cycle.request.requests import NamedPersons, named_persons, read_asked
from leadsync.mapping.plan import SyncPlan
from leadsync.marketo.activities import MERGE_LEADS
from leadsync.model import Activity
from leadsync.state.port import LIVE, LinkRow, Values


@dataclass(slots=True)
class SeenPersons:
    """The persons of a cycle, by Marketo id.

    :param by_person: changes that the feed reports, none for those that a comparison found.
    :param survivors: merged persons, with the one in which each ended.
    :param carried: persons that earlier cycles left unfinished.
    :param named: persons that somebody asks for.
    :param links: live links of all of them.
    :param overwritten: users' changes that our own write went over.
    :param to_read: persons whose current values are needed.
    """

    by_person: dict[int, list[Activity]]
    deleted: set[int]
    survivors: dict[int, int]
    carried: set[int]
    named: NamedPersons
    links: dict[int, LinkRow]
    overwritten: Found
    to_read: set[int] = field(default_factory=set)

    @property
    def heirs(self) -> set[int]:
        """Persons in which others ended."""
        return set(self.survivors.values())

    @property
    def everybody(self) -> set[int]:
        """All persons that the cycle has to do with, but for those that were merged."""
        named = {*self.named.forced, *self.named.creating}
        return {*self.by_person, *self.deleted, *self.carried, *named, *self.heirs}

    def origin(self, person: int) -> str:
        """Return why the person is here: ``feed``, ``carried`` or ``requested``."""
        if person in self.by_person or person in self.deleted:
            return "feed"
        if person in self.survivors or person in self.heirs:
            return "feed"
        return "carried" if person in self.carried else "requested"


def see_persons(engine: Engine, cycle: Cycle, plan: SyncPlan, feeds: PersonFeeds) -> SeenPersons:
    """Sort what the feeds, earlier cycles and requests bring up, and choose whom to read."""
    by_person: dict[int, list[Activity]] = defaultdict(list)
    for activity in feeds.changes:
        by_person[activity.person_id].append(activity)
    compared = _compared(engine, plan, feeds)
    by_person.update({person: [] for person in compared.differing - by_person.keys()})
    deleted = {activity.person_id for activity in feeds.deletes} | compared.missing
    survivors = _survivors(engine, feeds, {*by_person, *deleted})
    pending = unfinished(engine)
    carried = due_persons(pending, plan) if cycle.moves_cursors else set()
    named = named_persons(engine, read_asked(engine, cycle), pending, {*by_person, *carried})
    seen = SeenPersons(
        by_person, deleted - survivors.keys(), survivors, carried, named, links={}, overwritten={}
    )
    seen.links = _live_links(engine, seen.everybody)
    named.forced |= _made_in_vain(engine, named, seen.links)
    echoes: set[int] = set()
    if cycle.moves_cursors:
        seen.overwritten = find_overwritten(engine, plan, by_person, seen.links)
        found = _echoes(engine, plan, by_person, seen.links)
        echoes = found - seen.overwritten.keys() - compared.differing
    seen.to_read = _to_read(seen, echoes, pending)
    return seen


def _to_read(seen: SeenPersons, echoes: set[int], pending: Unfinished) -> set[int]:
    """Return linked persons with news, named ones, and those in which others ended."""
    sure = seen.carried | seen.named.forced
    changed = {
        person
        for person in seen.by_person
        if person not in echoes or pending.concerns(person_key(person))
    }
    linked = {person for person in changed | sure if person in seen.links}
    named = seen.named.creating.keys() | seen.heirs
    return (linked | named) - seen.deleted - seen.survivors.keys()


def _compared(engine: Engine, plan: SyncPlan, feeds: PersonFeeds) -> Compared:
    """Return what feeds that had to start anew could not tell."""
    if not feeds.given_up:
        return Compared()
    return compare_persons(engine, plan, values=CHANGES_CURSOR in feeds.given_up)


def _survivors(engine: Engine, feeds: PersonFeeds, seen: set[int]) -> dict[int, int]:
    """Return the persons in which others ended, for those that matter.

    One of the two was linked once, or the loser has changed. A linked winner matters because it has
    got what it lacked, and no other activity tells (reference/marketo-rest.md 7.5).
    """
    survivors = survivors_of(feeds.of_type(MERGE_LEADS))
    parties = sorted({*survivors, *survivors.values()})
    matter = seen | {link["marketo_id"] for link in engine.store.links_of_persons(parties)}
    return {loser: heir for loser, heir in survivors.items() if loser in matter or heir in matter}


def _made_in_vain(engine: Engine, named: NamedPersons, links: Mapping[int, LinkRow]) -> set[int]:
    """Return asked-for persons whose row was made by a cycle that could not tell what it held."""
    made = {person: links[person]["cycle_id"] for person in named.creating.keys() & links.keys()}
    cycles = {cycle_id: engine.store.cycle(cycle_id) for cycle_id in set(made.values())}
    return {
        person
        for person, cycle_id in made.items()
        if (cycle := cycles[cycle_id]) is not None and cycle.status != "done"
    }


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
    fields = plan.tables[as_table(table)].by_name
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
