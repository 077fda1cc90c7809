"""Stories of persons and rows in every situation in which people ask for one."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.cycle.request.on_request import person_request, store_requests
from leadsync.errors import ConfigurationError
from leadsync.explain.story import explain
from leadsync.model import Json
from support.world import MAPPING, RELATED_MAPPING, World, world

__all__ = ["world"]


def story(world: World, key: object) -> Json:
    """The story of one record."""
    told, _ = explain(world.engine, str(key))
    return told


def reasons(world: World, key: object) -> dict[str, str]:
    """What holds a record back, by reason."""
    return {one["reason"]: one["message"] for one in story(world, key)["blocked_by"]}


def field(told: Json, name: str) -> Json:
    """One field's values."""
    (found,) = [one for one in told["fields"] if one["field"] == name]
    return dict(found)


def with_policies(**policies: Any) -> Json:
    """The mapping with policies."""
    return {**MAPPING, "policies": policies}


def test_every_change_is_told_in_order_with_old_and_new_value(world: World) -> None:
    person, row = world.linked(jobtitle="A")
    world.dynamics.edit("lead", row, jobtitle="B")
    world.cycle()
    world.marketo.edit(person, title="C")
    world.cycle()
    told = story(world, person)
    title = [e for e in told["events"] if e["field"] == "title"]
    assert [(e["kind"], e["from"], e["to"], e["side"]) for e in title] == [
        ("created", None, "A", "marketo"),
        ("written", "A", "B", "marketo"),
        ("written", "B", "C", "dynamics"),
    ]
    assert [e["at"] for e in told["events"]] == sorted(e["at"] for e in told["events"])
    assert {e["cycle_id"] for e in told["events"]} <= {c.cycle_id for c in world.store.cycles()}
    assert field(told, "title") | {"rule": "", "direction": ""} == {
        "field": "title",
        "base": "C",
        "marketo": "C",
        "dynamics": "C",
        "rule": "",
        "direction": "",
    }
    assert told["blocked_by"] == []


def test_a_person_is_found_by_every_name_it_has(world: World) -> None:
    person, row = world.linked(emailaddress1="Ann@Example.com")
    told = story(world, person)
    assert told["subject"] == {
        "marketo_id": person,
        "table": "lead",
        "dynamics_id": row,
        "others": [],
    }
    for name in (row, row.upper(), f"{{{row}}}", f"lead:{row}", " ANN@example.com "):
        assert story(world, name) == told, name


@pytest.mark.parametrize("name", ["Ann Ek", "account:1", "12x", ""])
def test_what_names_nobody_is_refused_with_what_would(world: World, name: str) -> None:
    with pytest.raises(ConfigurationError, match="names no person") as caught:
        explain(world.engine, name)
    assert "TABLE:GUID" in caught.value.remedy


def test_a_collision_tells_both_values_and_who_won(world: World) -> None:
    person, row = world.linked(jobtitle="A")
    world.marketo.edit(person, title="M")
    world.dynamics.edit("lead", row, jobtitle="D")
    world.cycle()
    (clash,) = [e for e in story(world, row)["events"] if e["kind"] == "collision"]
    assert (clash["from"], clash["to"], clash["base"], clash["lost"]) == ("D", "M", "A", "D")
    assert (clash["winner"], clash["rule"]) == ("marketo", "type_rule")


def test_nobody_asked_for_a_person_without_a_row(world: World) -> None:
    person = world.marketo.add(lastName="Ek", email="a@example.com")
    world.cycle()
    assert "nobody asked" in reasons(world, person)["not_asked_for"]
    store_requests(world.engine, [person_request(world.engine, "sync_person", person)])
    assert reasons(world, person).keys() == {"request_waiting"}
    world.cycle()
    told = story(world, person)
    assert told["blocked_by"] == []
    assert [e["kind"] for e in told["events"] if e["field"] is None] == [
        "requested",
        "created",
        "created",
    ]


def test_the_filter_says_no(world: World) -> None:
    _, row = world.linked()
    world.dynamics.edit("lead", row, new_synctomkto=False)
    world.cycle()
    assert "filter_no" in reasons(world, row)
    unlinked = world.dynamics.add("lead", lastname="Ek", new_synctomkto=False)
    world.cycle()
    assert reasons(world, unlinked).keys() == {"filter_no"}


def test_quarantine_is_a_reason_and_an_event(world: World) -> None:
    row = world.dynamics.add("lead", lastname="Ek", emailaddress1="no address")
    world.cycle()
    told, held = explain(world.engine, row)
    assert [item["dynamics_id"] for item in held] == [row]
    (event,) = told["events"]
    assert (event["kind"], event["field"], event["to"]) == ("quarantined", "email", "no address")


def test_an_ambiguous_match_and_a_shared_address_are_told(world: World) -> None:
    first, second = (world.marketo.add(lastName="Ek", email="twin@example.com") for _ in range(2))
    row = world.dynamics.add("lead", lastname="Ek", emailaddress1="twin@example.com")
    world.cycle()
    _, held = explain(world.engine, row)
    assert held[0]["failures"][0]["rule"] == "ambiguous_match"
    assert str(second) in reasons(world, "twin@example.com")["same_address"]
    assert story(world, "twin@example.com")["subject"]["marketo_id"] == first


def test_a_closed_row_keeps_changes_waiting(world: World) -> None:
    person, row = world.linked(jobtitle="A")
    world.dynamics.deactivate("lead", row)
    world.cycle()
    world.marketo.edit(person, title="B")
    world.cycle()
    assert reasons(world, person).keys() == {"inactive"}


def test_deletions_on_either_side(world: World) -> None:
    person, row = world.linked()
    world.dynamics.delete("lead", row)
    world.cycle()
    assert reasons(world, person).keys() >= {"row_missing", "dynamics_deleted"}
    person, row = world.linked()
    world.marketo.delete(person)
    world.cycle()
    assert reasons(world, row).keys() >= {"person_missing", "marketo_deleted"}


def test_a_row_that_settles_is_told_apart_from_one_that_waits(world: World) -> None:
    world.mapping = with_policies(settle_seconds=600)
    row = world.dynamics.add("lead", lastname="Ek")
    assert reasons(world, row).keys() == {"settle_time", "never_ran"}
    world.clock.advance(700)
    assert reasons(world, row).keys() == {"next_cycle", "never_ran"}


def test_a_field_that_flows_one_way_may_differ(world: World) -> None:
    fields = [
        {**f, "direction": "to_marketo"} if f["marketo"] == "title" else f
        for f in MAPPING["fields"]
    ]
    world.mapping = {**MAPPING, "fields": fields}
    person, row = world.linked(jobtitle="A")
    world.marketo.edit(person, title="B")
    world.cycle()
    assert "title" in reasons(world, row)["direction"]
    world.dynamics.edit("lead", row, jobtitle="C")
    assert "title" in reasons(world, row)["next_cycle"]


def test_what_was_put_off_says_since_when(world: World) -> None:
    person, row = world.linked(jobtitle="A")
    world.marketo.edit(person, title="B")
    world.dynamics.before_write.append(("lead", row, {"address1_city": "Lund"}))
    world.cycle()
    assert "changed in Dynamics while the cycle ran" in reasons(world, person)["deferred"]


def test_a_failed_cycle_keeps_everybody_waiting(world: World) -> None:
    person, _ = world.linked()
    for _ in range(20):
        world.linked()
    for row in list(world.dynamics.rows["lead"])[:15]:
        world.dynamics.delete("lead", row)
    with pytest.raises(Exception, match="15"):
        world.cycle()
    assert "15" in reasons(world, person)["last_cycle_failed"]


def test_company_values_are_shown_on_the_dynamics_side(world: World) -> None:
    world.mapping = RELATED_MAPPING
    account = world.dynamics.add("account", name="Alfa", address1_city="Lund")
    person, _ = world.linked("contact", _parentcustomerid_value=account)
    told = story(world, person)
    assert field(told, "company")["dynamics"] == "Alfa"
    assert told["blocked_by"] == []


def test_nothing_is_known_of_an_unknown_address(world: World) -> None:
    world.cycle()
    assert reasons(world, "nobody@example.com").keys() == {"unknown"}


def test_a_story_calls_each_system_a_few_times_and_writes_nothing(world: World) -> None:
    person, _ = world.linked(emailaddress1="a@example.com")
    world.cycle()
    reads = world.dynamics.reads
    story(world, "a@example.com")
    assert world.dynamics.reads - reads <= 4
    assert world.writes == 0
    assert person
