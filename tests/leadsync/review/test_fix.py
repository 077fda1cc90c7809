"""Corrections at the source: checked first, written where the row comes from, told afterwards."""

from __future__ import annotations

import pytest

from leadsync.errors import ConfigurationError, RejectedError
from leadsync.model import Json
from leadsync.review.fix import RULE, Fix
from support.world import World, world

__all__ = ["world"]

TOO_LONG = "x" * 60


def held_person(world: World) -> tuple[int, str, str]:
    """A person whose title Dynamics would refuse: both ids, and the item's."""
    person, row = world.linked("lead", jobtitle="CTO")
    world.marketo.edit(person, title=TOO_LONG)
    world.cycle()
    (item,) = world.quarantined()
    return person, row, item["id"]


def held_row(world: World) -> tuple[str, str]:
    """A lead whose address Marketo would refuse: its id, and the item's."""
    row = world.dynamics.add("lead", lastname="Ek", emailaddress1="no address")
    world.cycle()
    (item,) = world.quarantined()
    return row, item["id"]


def fix(world: World, item: str, **given: str) -> Json:
    return Fix(world.engine, "Åsa").apply(item, given)


def test_a_persons_value_is_corrected_in_marketo_and_both_sides_agree(world: World) -> None:
    person, row, item = held_person(world)
    done = fix(world, item, title="CIO")
    assert done["changes"] == [{"field": "title", "from": TOO_LONG, "to": "CIO"}]
    assert (done["side"], done["record"]) == ("marketo", f"person {person}")
    assert world.dynamics.rows["lead"][row]["jobtitle"] == "CTO"
    world.cycle()
    assert world.marketo.people[person]["title"] == "CIO"
    assert world.dynamics.rows["lead"][row]["jobtitle"] == "CIO"
    assert world.quarantined() == []
    kinds = [event["kind"] for event in world.store.quarantine_events([item])]
    assert kinds == ["opened", "fixed", "recovered"]
    world.cycle()
    assert world.writes == 0


def test_a_rows_value_is_corrected_in_dynamics_by_its_column(world: World) -> None:
    row, item = held_row(world)
    fix(world, item, emailaddress1="a@x.com")
    assert world.dynamics.rows["lead"][row]["emailaddress1"] == "a@x.com"
    world.cycle()
    assert world.person_of(row)["email"] == "a@x.com"
    assert world.quarantined() == []


def test_the_journal_tells_the_value_before_and_after(world: World) -> None:
    person, _, item = held_person(world)
    fix(world, item, title="CIO")
    (told,) = [
        event for event in world.store.journal(marketo_ids=[person]) if event["rule"] == RULE
    ]
    assert (told["kind"], told["side"], told["field"]) == ("fixed", "marketo", "title")
    assert (told["base"], told["marketo"], told["dynamics"]) == ("CTO", TOO_LONG, "CIO")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"title": "y" * 51}, "break a rule"),
        ({"lastName": ""}, "break a rule"),
        ({"titel": "CIO"}, 'did you mean "title"'),
        ({"leadSource": "Telepathy"}, "cannot be Telepathy"),
        ({"title": "CIO", "email": "a@@x"}, "break a rule"),
    ],
)
def test_what_breaks_a_rule_is_refused_before_anything_is_written(
    world: World, given: dict[str, str], told: str
) -> None:
    person, _, item = held_person(world)
    with pytest.raises(ConfigurationError, match=told):
        fix(world, item, **given)
    assert world.marketo.people[person]["title"] == TOO_LONG
    assert [event["kind"] for event in world.store.quarantine_events([item])] == ["opened"]
    assert world.store.current_lease("cycle") is None


def test_a_choice_is_given_by_label_or_code(world: World) -> None:
    _, row, item = held_person(world)
    fix(world, item, leadSource="partner", title="CIO")
    world.cycle()
    assert world.dynamics.rows["lead"][row]["leadsourcecode"] == 2


def test_what_still_fails_is_told(world: World) -> None:
    person, _ = world.linked()
    world.marketo.edit(person, title=TOO_LONG, firstName=TOO_LONG)
    world.cycle()
    (item,) = world.quarantined()
    done = fix(world, item["id"], title="CIO")
    assert [failure["field"] for failure in done["still_failing"]] == ["firstname"]


def test_an_item_is_released_with_its_fix(world: World) -> None:
    _, _, item = held_person(world)
    assert Fix(world.engine, "Åsa").apply(item, {"title": "CIO"}, release=True)["released"]
    assert world.store.quarantine(ids=[item])[0]["status"] == "released"
    kinds = [event["kind"] for event in world.store.quarantine_events([item])]
    assert kinds == ["opened", "fixed", "released"]


def test_a_refusal_of_the_source_is_told_and_nothing_is_journalled(world: World) -> None:
    person, _, item = held_person(world)
    world.marketo.refuse = lambda _record: True
    with pytest.raises(RejectedError, match=f"person {person}"):
        fix(world, item, title="CIO")
    assert [event["kind"] for event in world.store.quarantine_events([item])] == ["opened"]


def test_a_row_that_somebody_changes_meanwhile_is_left_alone(world: World) -> None:
    row, item = held_row(world)
    world.dynamics.before_write.append(("lead", row, {"address1_city": "Lund"}))
    with pytest.raises(RejectedError, match="meanwhile"):
        fix(world, item, email="a@x.com")
    assert world.dynamics.rows["lead"][row]["emailaddress1"] == "no address"


def test_a_record_that_is_gone_cannot_be_corrected(world: World) -> None:
    row, item = held_row(world)
    world.dynamics.delete("lead", row)
    with pytest.raises(ConfigurationError, match="no longer exists"):
        fix(world, item, email="a@x.com")
