"""Persons become rows when somebody asks for it (semantics.md 4 and 8.B), in memory."""

from __future__ import annotations

from leadsync.model import Json
from leadsync.state.port import RequestRow
from support.world import World, world

__all__ = ["world"]


def only(answers: list[RequestRow]) -> RequestRow:
    assert len(answers) == 1
    return answers[0]


def only_row(world: World, table: str = "lead") -> Json:
    rows = list(world.dynamics.rows[table].values())
    assert len(rows) == 1
    return rows[0]


def test_s011_a_person_becomes_one_linked_lead(world: World) -> None:
    person = world.marketo.add(lastName="Ek", email="a@x.com", title="CTO")
    answer = only(world.sync_person(person))
    row = only_row(world)
    assert (answer["status"], answer["outcome"]) == ("done", "created")
    assert (row["lastname"], row["jobtitle"], row["new_marketoid"]) == ("Ek", "CTO", person)
    told = world.marketo.people[person]
    assert told["leadsyncDynamicsId"] == row["leadid"]
    assert told["leadsyncDynamicsType"] == "Lead"
    assert told["leadsyncDynamicsCreatedAt"] == row["createdon"]
    for _ in range(2):
        world.cycle()
        assert world.writes == 0
    world.marketo.edit(person, title="CIO")
    world.cycle()
    assert only_row(world)["jobtitle"] == "CIO"


def test_the_report_counts_a_created_row(world: World) -> None:
    person = world.marketo.add(lastName="Ek", email="a@x.com")
    cycle_id = only(world.sync_person(person))["cycle_id"]
    record = world.store.cycle(cycle_id or "")
    assert record is not None and record.report is not None
    counts = record.report["counts"]["to_dynamics"]["lead"]
    assert (counts["extracted"], counts["applied"], counts["created"]) == (1, 1, 1)


def test_s012_a_linked_person_is_left_alone(world: World) -> None:
    person, _row = world.linked()
    world.marketo.edit(person, title="CTO")
    answer = only(world.sync_person(person))
    assert (answer["status"], answer["outcome"]) == ("done", "already_linked")
    assert world.writes == 0
