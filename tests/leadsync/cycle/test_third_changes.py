"""Users' changes in Marketo that our own write went over are judged again (semantics.md 2)."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.model import Json
from support.world import World, world

__all__ = ["world"]


def overwritten(world: World, table: str = "lead", **edit: Any) -> tuple[int, str]:
    """A pair with title A; Dynamics says D, and a user edits the person just before our write."""
    person, row = world.linked(table, jobtitle="A")
    world.dynamics.edit(table, row, jobtitle="D")
    world.marketo.before_write.append((person, edit or {"title": "U"}))
    world.cycle()
    assert world.marketo.people[person]["title"] == "D"
    return person, row


def titles(world: World, person: int, row: str, table: str = "lead") -> tuple[Any, Any]:
    return world.marketo.people[person]["title"], world.dynamics.rows[table][row]["jobtitle"]


def collisions(world: World, person: int) -> list[Json]:
    rows = world.store.journal(marketo_ids=[person])
    return [dict(row) for row in rows if row["kind"] in ("collision", "restored")]


def test_the_winner_is_put_back_on_both_sides_at_once(world: World) -> None:
    person, row = overwritten(world)
    report = world.cycle()
    assert titles(world, person, row) == ("U", "U")
    assert report["counts"]["to_dynamics"]["lead"]["collisions"] == 1
    collision, restored = sorted(collisions(world, person), key=lambda one: str(one["kind"]))
    assert (collision["base"], collision["marketo"], collision["dynamics"]) == ("A", "U", "D")
    assert (collision["winner"], collision["rule"]) == ("marketo", "type_rule")
    assert (restored["side"], restored["marketo"], restored["dynamics"]) == ("marketo", "D", "U")


def test_the_loser_is_journalled_and_nothing_is_written(world: World) -> None:
    person, row = overwritten(world, "contact")
    world.cycle()
    assert world.writes == 0
    assert titles(world, person, row, "contact") == ("D", "D")
    [lost] = collisions(world, person)
    assert (lost["base"], lost["marketo"], lost["dynamics"]) == ("A", "U", "D")
    assert (lost["winner"], lost["rule"]) == ("dynamics", "type_rule")


@pytest.mark.parametrize("table", ["lead", "contact"])
def test_it_is_judged_once(world: World, table: str) -> None:
    person, _ = overwritten(world, table)
    world.cycle()
    judged = collisions(world, person)
    for _ in range(3):
        report = world.cycle()
        assert world.writes == 0
        assert world.store.journal(cycle_id=report["cycle_id"]) == []
    assert collisions(world, person) == judged


def test_it_is_put_back_though_the_lead_has_become_a_contact(world: World) -> None:
    fields = [
        {**entry, "rule": "marketo_wins"} if entry["marketo"] == "title" else entry
        for entry in world.mapping["fields"]
    ]
    world.mapping = {**world.mapping, "fields": fields}
    person, lead = overwritten(world)
    contact = world.dynamics.qualify(lead)
    for _ in range(2):
        world.cycle()
    assert titles(world, person, contact, "contact") == ("U", "U")
    assert [row["kind"] for row in collisions(world, person)].count("restored") == 1


def test_a_cleared_value_counts_as_a_change(world: World) -> None:
    person, row = overwritten(world, title=None)
    world.cycle()
    assert titles(world, person, row) == (None, None)


def test_a_change_of_another_field_is_none_of_it(world: World) -> None:
    person, row = overwritten(world, city="Lund")
    world.cycle()
    assert titles(world, person, row) == ("D", "D")
    assert world.dynamics.rows["lead"][row]["address1_city"] == "Lund"
    assert collisions(world, person) == []


def test_a_user_who_writes_the_same_value_has_lost_nothing(world: World) -> None:
    person, _ = overwritten(world, title="D")
    world.cycle()
    assert world.writes == 0
    assert collisions(world, person) == []


def test_a_user_who_goes_on_after_our_write_makes_an_ordinary_change(world: World) -> None:
    person, row = overwritten(world)
    world.marketo.edit(person, title="V")
    world.cycle()
    assert titles(world, person, row) == ("V", "V")
    assert collisions(world, person) == []


def test_a_user_who_comes_back_to_our_value_agrees_with_it(world: World) -> None:
    person, row = overwritten(world)
    world.marketo.edit(person, title="V")
    world.marketo.edit(person, title="D")
    world.cycle()
    assert titles(world, person, row) == ("D", "D")


def test_a_further_change_in_dynamics_takes_part(world: World) -> None:
    person, row = overwritten(world, "contact")
    world.dynamics.edit("contact", row, jobtitle="E")
    world.cycle()
    assert titles(world, person, row, "contact") == ("E", "E")
    lost = [one for one in collisions(world, person) if one["dynamics"] == "E"]
    assert [one["marketo"] for one in lost] == ["U"]


def test_dynamics_changed_to_the_same_value_only_marketo_is_written(world: World) -> None:
    person, row = overwritten(world)
    world.dynamics.edit("lead", row, jobtitle="U")
    world.cycle()
    assert titles(world, person, row) == ("U", "U")
    assert world.dynamics.writes == []
    world.cycle()
    assert world.writes == 0


def test_several_writes_of_ours_the_last_change_that_was_lost_counts(world: World) -> None:
    world.marketo.lag = lambda: 150.0
    person, row = overwritten(world)
    world.dynamics.edit("lead", row, jobtitle="E")
    world.marketo.before_write.append((person, {"title": "V"}))
    world.cycle()
    for _ in range(4):
        world.cycle()
    assert titles(world, person, row) == ("V", "V")
    for _ in range(4):
        world.cycle()
    assert world.writes == 0


def test_an_echo_that_arrives_before_the_users_own_activity(world: World) -> None:
    lags = iter((200.0, 0.0))
    person, row = world.linked(jobtitle="A")
    world.dynamics.edit("lead", row, jobtitle="D")
    world.marketo.before_write.append((person, {"title": "U"}))
    world.marketo.lag = lambda: next(lags, 0.0)
    for _ in range(6):
        world.cycle()
    assert titles(world, person, row) == ("U", "U")
    assert world.writes == 0


def test_another_tool_without_a_name_is_told_by_its_values(world: World) -> None:
    person, row = world.linked(jobtitle="A")
    world.dynamics.edit("lead", row, jobtitle="D")
    world.cycle()
    world.marketo.sync_persons("updateOnly", "id", [{"id": person, "title": "X"}])
    world.cycle()
    assert titles(world, person, row) == ("X", "X")
    assert collisions(world, person) == []


def test_a_refused_row_keeps_the_users_value_for_later(world: World) -> None:
    person, row = overwritten(world)
    world.dynamics.refuse = lambda write: True
    world.cycle()
    assert titles(world, person, row) == ("U", "D")
    world.dynamics.refuse = lambda write: False
    world.dynamics.edit("lead", row, telephone1="1")
    world.cycle()
    assert world.marketo.people[person]["title"] == "U"


def test_a_conflict_in_dynamics_sends_the_value_in_the_next_cycle(world: World) -> None:
    person, row = overwritten(world)
    world.dynamics.before_write.append(("lead", row, {"telephone1": "1"}))
    world.cycle()
    assert titles(world, person, row) == ("U", "D")
    world.cycle()
    assert titles(world, person, row) == ("U", "U")
    world.cycle()
    assert world.writes == 0


def test_a_plan_shows_it_as_one_collision(world: World) -> None:
    person, _ = overwritten(world)
    [shown] = world.plan()["collisions"]
    assert (shown["marketo_id"], shown["base"]) == (person, "A")
    assert (shown["marketo"], shown["dynamics"], shown["winner"]) == ("U", "D", "marketo")
