"""Accounts that the application user may not read (semantics.md 1)."""

from __future__ import annotations

from support.world import RELATED_MAPPING, World


def test_people_go_on_without_a_table_that_we_may_not_read() -> None:
    world = World(RELATED_MAPPING)
    account = world.dynamics.add("account", name="Volvo")
    world.dynamics.forbidden = {"account"}
    person, contact = world.linked("contact", _parentcustomerid_value=account)
    assert world.marketo.people[person]["company"] is None
    world.dynamics.edit("contact", contact, jobtitle="CTO")
    (reason,) = world.cycle()["suspended"]
    assert "`company:` is left out: the table account cannot be read" in reason
    assert world.marketo.people[person]["title"] == "CTO"
    assert world.quarantined() == []

    world.dynamics.forbidden = set()
    world.clock.advance(3700)
    assert world.cycle()["suspended"] == []
    world.dynamics.edit("account", account, name="Volvo Cars")
    world.cycle()
    assert world.marketo.people[person]["company"] == "Volvo Cars"
