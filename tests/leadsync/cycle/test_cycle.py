"""Whole cycles over both systems in memory: what flows, what is kept, what adds up."""

from __future__ import annotations

import pytest

from leadsync.cycle.report import TERMINAL
from leadsync.model import Json
from support.world import World, world

__all__ = ["world"]


def counts(report: Json, direction: str, table: str = "lead") -> Json:
    found: Json = report["counts"][direction][table]
    return found


def test_a_new_lead_becomes_a_person(world: World) -> None:
    row = world.dynamics.add("lead", firstname="Ann", lastname="Ek", emailaddress1="a@x.com")
    report = world.cycle()
    person = world.person_of(row)
    assert (person["firstName"], person["lastName"], person["email"]) == ("Ann", "Ek", "a@x.com")
    assert person["leadsyncDynamicsType"] == "Lead"
    assert person["leadsyncDynamicsCreatedAt"] == world.dynamics.rows["lead"][row]["createdon"]
    assert counts(report, "to_marketo")["created"] == 1
    assert world.dynamics.writes == []


def test_a_second_cycle_without_edits_writes_nothing(world: World) -> None:
    world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com")
    world.cycle()
    for _ in range(2):
        report = world.cycle()
        assert world.writes == 0
        assert world.store.journal(cycle_id=report["cycle_id"]) == []


def test_a_change_in_dynamics_reaches_only_its_field_in_marketo(world: World) -> None:
    person, row = world.linked()
    world.dynamics.edit("lead", row, jobtitle="CIO")
    report = world.cycle()
    assert world.marketo.writes == [("updateOnly", {"id": person, "title": "CIO"})]
    assert world.dynamics.writes == []
    assert counts(report, "to_marketo")["updated"] == 1


def test_a_change_in_marketo_reaches_only_its_column_in_dynamics(world: World) -> None:
    person, row = world.linked()
    world.marketo.edit(person, phone="+46 8 1")
    report = world.cycle()
    assert [write.body for write in world.dynamics.writes] == [{"telephone1": "+46 8 1"}]
    assert world.dynamics.rows["lead"][row]["telephone1"] == "+46 8 1"
    assert world.marketo.writes == []
    assert counts(report, "to_dynamics")["updated"] == 1


def test_changes_of_different_fields_both_survive(world: World) -> None:
    person, row = world.linked()
    world.marketo.edit(person, city="Lund")
    world.dynamics.edit("lead", row, address1_country="Sweden")
    report = world.cycle()
    assert world.marketo.people[person]["country"] == "Sweden"
    assert world.dynamics.rows["lead"][row]["address1_city"] == "Lund"
    assert counts(report, "to_marketo")["collisions"] == 0


@pytest.mark.parametrize(("table", "winner"), [("lead", "B"), ("contact", "C")])
def test_a_collision_is_decided_by_type_and_journalled(
    world: World, table: str, winner: str
) -> None:
    person, row = world.linked(table, jobtitle="A")
    world.marketo.edit(person, title="B")
    world.dynamics.edit(table, row, jobtitle="C")
    report = world.cycle()
    assert world.marketo.people[person]["title"] == winner
    assert world.dynamics.rows[table][row]["jobtitle"] == winner
    [entry] = world.store.journal(cycle_id=report["cycle_id"])
    assert (entry["kind"], entry["base"]) == ("collision", "A")
    assert (entry["marketo"], entry["dynamics"]) == ("B", "C")
    assert entry["rule"] == "type_rule"


def test_our_own_write_is_no_news_even_with_another_edit_after_it(world: World) -> None:
    person, row = world.linked()
    world.marketo.edit(person, title="CTO")
    world.cycle()
    world.dynamics.edit("lead", row, address1_city="Lund")
    world.cycle()
    assert world.marketo.writes == [("updateOnly", {"id": person, "city": "Lund"})]


def test_an_edit_while_the_cycle_writes_is_not_overwritten(world: World) -> None:
    person, row = world.linked(jobtitle="A")
    world.marketo.edit(person, title="B")
    world.dynamics.before_write.append(("lead", row, {"telephone1": "+46 8 2"}))
    report = world.cycle()
    assert counts(report, "to_dynamics")["deferred"] == 1
    assert world.dynamics.rows["lead"][row]["jobtitle"] == "A"
    world.cycle()
    assert world.dynamics.rows["lead"][row]["jobtitle"] == "B"
    assert world.marketo.people[person]["phone"] == "+46 8 2"
    world.cycle()
    assert world.writes == 0


def test_a_deleted_row_flags_its_person_and_stops_the_pair(world: World) -> None:
    person, row = world.linked()
    world.dynamics.delete("lead", row)
    world.cycle()
    assert world.marketo.people[person]["leadsyncDynamicsDeleted"] is True
    world.marketo.edit(person, title="CTO")
    report = world.cycle()
    assert world.writes == 0
    assert counts(report, "to_dynamics")["out_of_scope"] == 1


def test_a_deleted_person_leaves_the_row_until_it_changes(world: World) -> None:
    person, row = world.linked()
    world.marketo.delete(person)
    world.cycle()
    assert world.writes == 0
    world.dynamics.edit("lead", row, jobtitle="CIO")
    world.cycle()
    again = world.person_of(row)
    assert again["id"] != person
    assert again["title"] == "CIO"


def test_suppress_keeps_a_deleted_person_away(world: World) -> None:
    world.mapping = {**world.mapping, "policies": {"on_marketo_delete": "suppress"}}
    person, row = world.linked()
    world.marketo.delete(person)
    world.dynamics.edit("lead", row, jobtitle="CIO")
    world.cycle()
    world.cycle()
    assert world.marketo.people == {}


def test_the_filter_keeps_out_stops_and_lets_back_in(world: World) -> None:
    row = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com", new_synctomkto=False)
    report = world.cycle()
    assert world.marketo.people == {}
    assert counts(report, "to_marketo")["out_of_scope"] == 1

    world.dynamics.edit("lead", row, new_synctomkto=True)
    world.cycle()
    person = world.person_of(row)["id"]

    world.dynamics.edit("lead", row, new_synctomkto=False, jobtitle="CIO")
    world.cycle()
    world.marketo.edit(person, city="Lund")
    world.cycle()
    assert world.writes == 0
    assert world.marketo.people[person]["title"] is None

    world.dynamics.edit("lead", row, new_synctomkto=True)
    world.cycle()
    assert world.marketo.people[person]["title"] == "CIO"
    assert world.dynamics.rows["lead"][row]["address1_city"] == "Lund"


def test_a_new_row_links_to_the_person_with_its_email(world: World) -> None:
    person = world.marketo.add(email="A@x.com", lastName="Ek", title="B")
    row = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com", jobtitle="C")
    report = world.cycle()
    assert world.person_of(row)["id"] == person
    assert world.dynamics.rows["lead"][row]["jobtitle"] == "B"
    kinds = {entry["kind"] for entry in world.store.journal(cycle_id=report["cycle_id"])}
    assert {"linked", "no_base"} <= kinds
    world.cycle()
    world.cycle()
    assert world.writes == 0


def test_an_edit_right_after_linking_is_not_lost(world: World) -> None:
    world.marketo.add(email="a@x.com", lastName="Ek", title="B")
    row = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com", jobtitle="C")
    world.cycle()
    world.dynamics.edit("lead", row, jobtitle="D")
    world.cycle()
    assert world.person_of(row)["title"] == "D"


def test_an_ambiguous_email_makes_nobody_and_names_the_candidates(world: World) -> None:
    persons = [world.marketo.add(email="a@x.com"), world.marketo.add(email="a@x.com")]
    world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com")
    report = world.cycle()
    assert len(world.marketo.people) == 2
    assert counts(report, "to_marketo")["quarantined"] == 1
    [item] = world.quarantined()
    assert item["failures"][0]["rule"] == "ambiguous_match"
    assert all(str(person) in item["failures"][0]["message"] for person in persons)


def test_one_bad_row_is_held_with_its_reason_and_the_rest_goes_on(world: World) -> None:
    people = [world.linked() for _ in range(3)]
    for number, (person, _) in enumerate(people):
        world.marketo.edit(person, firstName="x" * (60 if number == 1 else 5))
    report = world.cycle()
    assert counts(report, "to_dynamics")["updated"] == 2
    assert counts(report, "to_dynamics")["quarantined"] == 1
    [item] = world.quarantined()
    assert item["failures"][0]["message"] == "too long: firstname 60/50"
    assert item["failures"][0]["field"] == "firstname"


def test_a_quarantined_row_waits_and_recovers_when_its_value_changes(world: World) -> None:
    person, row = world.linked(firstname="Ann")
    world.marketo.edit(person, firstName="x" * 60)
    world.cycle()
    report = world.cycle()
    assert counts(report, "to_dynamics")["extracted"] == 0
    world.marketo.edit(person, firstName="Bo")
    world.cycle()
    assert world.dynamics.rows["lead"][row]["firstname"] == "Bo"
    assert world.quarantined() == []


def test_a_held_value_is_remembered_when_the_other_side_changes(world: World) -> None:
    person, row = world.linked(firstname="Ann")
    world.marketo.edit(person, firstName="x" * 60)
    world.cycle()
    world.dynamics.edit("lead", row, firstname="Bo")
    report = world.cycle()
    assert counts(report, "to_dynamics")["quarantined"] == 1
    assert world.marketo.people[person]["firstName"] == "x" * 60


def test_an_unknown_option_holds_only_its_field(world: World) -> None:
    person, row = world.linked()
    world.marketo.edit(person, leadSource="Webinar 2025", city="Lund")
    world.cycle()
    assert world.dynamics.rows["lead"][row]["address1_city"] == "Lund"
    assert world.dynamics.rows["lead"][row]["leadsourcecode"] is None
    [item] = world.quarantined()
    assert "Webinar 2025" in item["failures"][0]["message"]


def test_a_mass_delete_stops_before_flagging(world: World) -> None:
    people = [world.linked() for _ in range(6)]
    for _, row in people[:3]:
        world.dynamics.delete("lead", row)
    with pytest.raises(Exception, match="mass_delete_share"):
        world.cycle()
    assert not any(p["leadsyncDynamicsDeleted"] for p in world.marketo.people.values())
    with pytest.raises(Exception, match="mass_delete_share"):
        world.cycle()


def test_an_expired_delta_link_is_replaced_by_a_full_read_that_finds_deletions(
    world: World,
) -> None:
    person, row = world.linked()
    other = world.linked()
    world.dynamics.delete("lead", row)
    world.dynamics.edit("lead", other[1], jobtitle="CIO")
    world.dynamics.deleted["lead"].clear()
    world.dynamics.expire_links()
    world.cycle()
    assert world.marketo.people[person]["leadsyncDynamicsDeleted"] is True
    assert world.marketo.people[other[0]]["title"] == "CIO"


def test_a_backfill_brings_nothing_back_and_moves_no_cursor(world: World) -> None:
    start = world.clock.now()
    person, row = world.linked(jobtitle="A")
    world.dynamics.edit("lead", row, jobtitle="B")
    world.cycle()
    world.dynamics.edit("lead", row, jobtitle="C")
    world.cycle()
    end = world.clock.now()
    before = world.store.cursors()
    report = world.backfill(start, end)
    assert world.writes == 0
    assert world.store.cursors() == before
    assert counts(report, "to_marketo")["extracted"] == 1
    assert world.marketo.people[person]["title"] == "C"


def test_a_backfill_repairs_what_a_lost_cursor_missed(world: World) -> None:
    person, row = world.linked()
    start = world.clock.now()
    world.clock.advance(10)
    world.dynamics.edit("lead", row, jobtitle="CIO")
    world.dynamics.rows["lead"][row]["_version"] = 0
    world.cycle()
    assert world.marketo.people[person]["title"] is None
    world.backfill(start, world.clock.now())
    assert world.marketo.people[person]["title"] == "CIO"


def test_a_plan_lists_what_the_next_cycle_writes_and_writes_nothing(world: World) -> None:
    person, row = world.linked(jobtitle="A")
    world.marketo.edit(person, city="Lund")
    world.dynamics.edit("lead", row, jobtitle="C")
    world.dynamics.add("lead", lastname="Ny", emailaddress1="ny@x.com")
    plan = world.plan()
    assert world.writes == 0
    report = world.cycle()
    assert plan["counts"] == report["counts"]
    changes = {(c["direction"], c["operation"]): c["fields"] for c in plan["changes"]}
    assert changes["to_marketo", "update"] == [{"field": "title", "from": "A", "to": "C"}]
    assert changes["to_dynamics", "update"] == [{"field": "city", "from": None, "to": "Lund"}]
    assert ("to_marketo", "create") in changes


def test_every_report_adds_up_to_the_row(world: World) -> None:
    for number in range(4):
        world.dynamics.add("lead", lastname="Ek", emailaddress1=f"p{number}@x.com")
    world.dynamics.add("contact", lastname="Ek", emailaddress1="p0@x.com")
    world.dynamics.add("lead", lastname="Ek", new_synctomkto=False)
    world.marketo.add(email="only@x.com")
    report = world.cycle()
    for tables in report["counts"].values():
        for numbers in tables.values():
            assert numbers["extracted"] == sum(numbers[state] for state in TERMINAL)
            assert numbers["applied"] == numbers["created"] + numbers["updated"]
    assert counts(report, "to_marketo")["extracted"] == 5
