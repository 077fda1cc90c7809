"""Stories that oracles once took for failures, though the engine had done as semantics.md says."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from random import Random

from leadsync.model import Json
from simulation import oracle
from simulation.diary import Diary
from simulation.prepared import prepared_world
from simulation.users import Users
from simulation.values import BAD_EMAIL
from support.world import MAPPING as FIELDS
from support.world import World

MAPPING: Json = {
    **FIELDS,
    "policies": {"on_marketo_delete": "recreate", "on_dynamics_merge": "report"},
}


class Story:
    """A world, its diary, and what users do by hand."""

    def __init__(self, mapping: Json = MAPPING) -> None:
        self.world: World = prepared_world(mapping)
        self.diary = Diary(self.world)
        self.users = Users(Random(0), self.diary, invalid=True)

    def add_row(self, table: str, **values: object) -> str:
        """Let a user create a row."""
        row = self.world.dynamics.add(table, **values)
        self.diary.row_edited(table, row, {}, dict(values), created=True)
        return row

    def edit_person(self, person: int, **values: object) -> None:
        """Let a user edit a person."""
        before = dict(self.world.marketo.people[person])
        self.world.marketo.edit(person, **values)
        self.diary.person_edited(person, before, dict(values), created=False)

    def edit_row(self, table: str, row: str, **values: object) -> None:
        """Let a user edit a row."""
        before = dict(self.world.dynamics.rows[table][row])
        self.world.dynamics.edit(table, row, **values)
        self.diary.row_edited(table, row, before, dict(values), created=False)

    def cycle(self, *, clean: bool = False, hidden: Sequence[int] = ()) -> None:
        """Run a cycle and judge what it left."""
        self.world.clock.advance(60)
        began = self.diary.cycle_begins()
        self.world.cycle()
        quiet = self.diary.cycle_ended(began, hidden, clean=clean)
        oracle.check_pairs(self.diary, quiet)
        self.diary.agree(quiet)


def test_going_on_after_a_stop_that_was_told_waits_with_its_record() -> None:
    story = Story()
    row = story.add_row("contact", lastname="Ek", emailaddress1="a@x.com", donotbulkemail=True)
    story.cycle()
    person = story.world.person_of(row)["id"]
    story.edit_person(person, email=BAD_EMAIL, unsubscribed=False)
    story.cycle()
    assert story.world.dynamics.rows["contact"][row]["donotbulkemail"] is True
    oracle.check_settled(story.diary)


def test_a_contact_whose_lead_is_gone_before_a_cycle_saw_it_is_a_new_row() -> None:
    story = Story()
    lead = story.add_row("lead", lastname="Al", emailaddress1="a@x.com")
    story.cycle(clean=True)
    person = story.world.person_of(lead)["id"]
    story.users.qualify()
    world = story.world
    story.diary.row_going(lead)
    world.dynamics.delete("lead", lead)
    story.diary.row_gone("lead", lead)
    story.edit_person(person, lastName="Ek")
    story.cycle()
    assert world.marketo.people[person]["lastName"] == "Al"
    oracle.check_settled(story.diary)


def test_a_field_that_is_mapped_again_has_no_newest_value() -> None:
    mapping = copy.deepcopy(MAPPING)
    field = next(entry for entry in mapping["fields"] if entry["marketo"] == "city")
    field["rule"] = "newest_wins"
    story = Story({**mapping, "fields": [f for f in mapping["fields"] if f is not field]})
    row = story.add_row("contact", lastname="Ek", address1_city="Lund")
    story.cycle(clean=True)
    story.world.clock.advance(1200)
    story.world.mapping = mapping
    story.diary.field_mapped_again("city")
    story.cycle(clean=True)
    assert story.world.person_of(row)["city"] == "Lund"
    oracle.check_settled(story.diary)


def test_going_on_and_stopping_again_between_two_cycles_is_no_stop() -> None:
    story = Story()
    row = story.add_row("contact", lastname="Ek", donotbulkemail=True)
    story.cycle()
    person = story.world.person_of(row)["id"]
    for stop in (False, True):
        story.edit_row("contact", row, donotbulkemail=stop)
    story.edit_person(person, email=BAD_EMAIL, unsubscribed=False)
    story.cycle()
    oracle.check_settled(story.diary)


def test_a_row_that_was_touched_before_its_person_was_known_to_be_gone_may_stay_alone() -> None:
    story = Story()
    row = story.add_row("contact", lastname="Ek")
    story.cycle()
    marketo = story.world.marketo
    person = story.world.person_of(row)["id"]
    marketo.lag = lambda: 900.0
    marketo.delete(person)
    story.diary.person_gone(person, row)
    story.edit_row("contact", row, new_synctomkto=True)
    story.cycle(hidden=[person])
    story.world.clock.advance(1200)
    story.cycle()
    story.cycle()
    assert marketo.people == {}
    oracle.check_settled(story.diary)
