"""What a deletion in Dynamics cancels is told in the journal (S075), in memory."""

from __future__ import annotations

from leadsync.explain.history import events_of
from leadsync.state.port import JournalRow
from support.world import MAPPING, World, world

__all__ = ["world"]


def cancelled(world: World) -> list[JournalRow]:
    """Cancelled changes in the journal."""
    return [row for row in world.store.journal() if row["kind"] == "cancelled"]


def test_only_what_a_user_changed_and_would_have_gone_over_is_told(world: World) -> None:
    fields = [dict(entry) for entry in MAPPING["fields"]]
    next(f for f in fields if f["marketo"] == "country")["direction"] = "to_marketo"
    world.mapping = {"fields": fields}
    person, row = world.linked(jobtitle="CTO", address1_city="Lund")
    _, untouched = world.linked()
    world.marketo.edit(person, title="CIO", city=None, country="Sweden")
    for each in (row, untouched):
        world.dynamics.delete("lead", each)
    world.mapping = {"fields": fields, "policies": {"mass_delete_share": 1}}
    world.cycle()
    told = {line["field"]: (line["base"], line["marketo"]) for line in cancelled(world)}
    assert told == {"title": ("CTO", "CIO"), "city": ("Lund", None)}
    assert {(line["marketo_id"], line["dynamics_id"]) for line in cancelled(world)} == {
        (person, row)
    }
    [event] = [e for e in events_of(cancelled(world), (), (), ()) if e["field"] == "title"]
    assert (event["lost"], event["winner"], event["side"]) == ("CIO", "dynamics", None)
    world.cycle()
    assert len(cancelled(world)) == 2


def test_what_the_filter_had_stopped_is_not_told_again(world: World) -> None:
    person, row = world.linked(jobtitle="CTO")
    world.dynamics.edit("lead", row, new_synctomkto=False)
    world.cycle()
    world.marketo.edit(person, title="CIO")
    world.dynamics.delete("lead", row)
    world.mapping = {**MAPPING, "policies": {"mass_delete_share": 1}}
    world.cycle()
    assert world.marketo.people[person]["leadsyncDynamicsDeleted"] is True
    assert cancelled(world) == []
