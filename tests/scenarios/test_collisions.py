"""Both sides changed since they last agreed (semantics.md 2 and 8.D)."""

from __future__ import annotations

import pytest

from support.mapped import remap
from support.synced import Synced


def values(synced: Synced, person: int, row: str, table: str = "lead") -> tuple[object, object]:
    """The job title on both sides."""
    return synced.person(person)["title"], synced.row(row, table)["jobtitle"]


def collide(synced: Synced, person: int, row: str, table: str = "lead") -> None:
    """From "A", Marketo goes to "B" and Dynamics to "C", and a cycle runs."""
    synced.edit_person(person, title="B")
    synced.edit_row(row, table, jobtitle="C")
    synced.cycle()


def test_s040_on_a_lead_marketo_wins_and_the_loser_is_journalled(synced: Synced) -> None:
    person, row = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    collide(synced, person, row)
    assert values(synced, person, row) == ("B", "B")
    [lost] = synced.story(person, "collision")
    assert (lost["base"], lost["dynamics"], lost["winner"]) == ("A", "C", "marketo")
    assert lost["rule"] == "type_rule"


def test_s041_on_a_contact_dynamics_wins(synced: Synced) -> None:
    person, row = synced.linked("contact", jobtitle="A", emailaddress1="a@example.com")
    collide(synced, person, row, "contact")
    assert values(synced, person, row, "contact") == ("C", "C")
    assert synced.counts("to_marketo", "contact")["collisions"] == 1


def test_s042_the_same_new_value_on_both_sides_is_no_collision(synced: Synced) -> None:
    person, row = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    synced.edit_person(person, title="Z")
    synced.edit_row(row, jobtitle="Z")
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0
    assert synced.counts("to_dynamics")["collisions"] == 0
    synced.edit_row(row, jobtitle="A")
    synced.cycle()
    assert values(synced, person, row) == ("A", "A")
    assert synced.story(person, "collision") == []


def test_s043_values_that_a_normaliser_makes_equal_do_not_collide(synced: Synced) -> None:
    remap(synced, title={"normalise": ["trim", "casefold"]})
    person, row = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    synced.edit_person(person, title="Z")
    synced.edit_row(row, jobtitle="z ")
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0
    assert synced.story(person, "collision") == []


def test_s043_without_the_normaliser_they_collide(synced: Synced) -> None:
    person, row = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    synced.edit_person(person, title="Z")
    synced.edit_row(row, jobtitle="z ")
    synced.cycle()
    assert values(synced, person, row) == ("Z", "Z")
    assert len(synced.story(person, "collision")) == 1


def test_s044_a_change_that_was_taken_back_loses_to_a_real_one(synced: Synced) -> None:
    person, row = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    synced.edit_person(person, title="B")
    synced.edit_person(person, title="A")
    synced.edit_row(row, jobtitle="C")
    synced.cycle()
    assert values(synced, person, row) == ("C", "C")
    assert synced.story(person, "collision") == []


@pytest.mark.parametrize(("rule", "end"), [("type_rule", None), ("non_empty_wins", "C")])
def test_s045_a_cleared_value_wins_on_a_lead_unless_non_empty_wins(
    synced: Synced, rule: str, end: str | None
) -> None:
    remap(synced, title={"rule": rule})
    person, row = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    synced.edit_person(person, title=None)
    synced.edit_row(row, jobtitle="C")
    synced.cycle()
    assert values(synced, person, row) == (end, end)


def test_s046_a_value_cleared_on_a_contact_is_cleared_in_marketo(synced: Synced) -> None:
    person, row = synced.linked("contact", jobtitle="A", emailaddress1="a@example.com")
    synced.edit_row(row, "contact", jobtitle=None)
    synced.edit_person(person, title="B")
    synced.cycle()
    assert values(synced, person, row, "contact") == (None, None)


@pytest.mark.parametrize("minutes", [-3, 3])
def test_s048_clocks_that_differ_decide_nothing_under_the_type_rule(
    synced: Synced, minutes: int
) -> None:
    synced.marketo.control.advance(minutes * 60)
    person, row = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    collide(synced, person, row)
    assert values(synced, person, row) == ("B", "B")


@pytest.mark.parametrize(("seconds", "end"), [(60, "B"), (400, "C")])
def test_s048_the_newest_wins_by_server_time_beyond_the_tolerance(
    synced: Synced, seconds: int, end: str
) -> None:
    """Inside the tolerance of 300 seconds the newest is unknown: the type rule decides."""
    remap(synced, title={"rule": "newest_wins"})
    person, row = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    synced.edit_person(person, title="B")
    synced.dynamics.control.advance(seconds)
    synced.edit_row(row, jobtitle="C")
    synced.cycle()
    assert values(synced, person, row) == (end, end)


@pytest.mark.parametrize(("table", "end"), [("lead", "M"), ("contact", "D")])
def test_s049_without_a_base_the_type_rule_decides_every_field(
    synced: Synced, table: str, end: str
) -> None:
    person = synced.new_person(email="a@example.com", lastName="Ek", title="M", city="M")
    row = synced.new_row(
        table, lastname="Ek", emailaddress1="a@example.com", jobtitle="D", address1_city="D"
    )
    synced.cycle()
    assert values(synced, person, row, table) == (end, end)
    assert synced.row(row, table)["address1_city"] == synced.person(person)["city"] == end
    decided = {line["field"] for line in synced.story(person, "no_base")}
    assert decided >= {"title", "city"}
