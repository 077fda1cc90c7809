"""What is new goes before what is much (S119)."""

from __future__ import annotations

from leadsync.model import Json
from leadsync.state.port import LinkRow, StateChanges
from support.world import World, world

__all__ = ["world"]

#: a tenth of the scenario's number; the engine's own work grows with it evenly.
QUEUED = 5_000


def linked_at_once(world: World, number: int) -> list[str]:
    """Make pairs that agree, without cycles."""
    links, base = [], {}
    for n in range(number):
        email = f"p{n}@example.com"
        row = world.dynamics.add("lead", lastname="Ek", emailaddress1=email, jobtitle="A")
        values = {"lastName": "Ek", "email": email, "title": "A", "leadsyncDynamicsId": row}
        person = world.marketo.add(**values)
        known: Json = dict.fromkeys(f["marketo"] for f in world.mapping["fields"])
        base[row] = {**known, "lastName": "Ek", "email": email, "title": "A"} | {
            "unsubscribed": "false"
        }
        links.append(
            LinkRow(
                link_id=row,
                marketo_id=person,
                dynamics_table="lead",
                dynamics_id=row,
                status="open",
                etag=None,
                cycle_id="",
                updated_at=world.clock.now(),
            )
        )
    world.store.apply(StateChanges(links=links, base=base), lease=None)
    return [link["dynamics_id"] for link in links]


def actions(world: World) -> list[str]:
    """Whether each write of the last cycle made a person or changed one."""
    return [action for action, _ in world.marketo.writes]


def test_s119_a_new_lead_arrives_within_two_cycles_of_50_000_updates(world: World) -> None:
    """One cycle takes all updates in: the lead that comes behind them is there after the next.

    50,000 updates cost 10 delta pages and 167 writes: a little over a minute at the courtesy rate.
    """
    rows = linked_at_once(world, QUEUED)
    world.cycle()
    for row in rows:
        world.dynamics.edit("lead", row, jobtitle="B")
    early = world.dynamics.add("lead", lastname="Ny", emailaddress1="early@example.com")
    report = world.cycle()
    assert report["counts"]["to_marketo"]["lead"]["updated"] == QUEUED
    assert actions(world)[0] == "createOrUpdate"
    assert world.person_of(early)["email"] == "early@example.com"
    late = world.dynamics.add("lead", lastname="Ny", emailaddress1="late@example.com")
    world.cycle()
    assert world.person_of(late)["email"] == "late@example.com"


def test_s119_opt_outs_go_before_new_persons_and_those_before_plain_updates(world: World) -> None:
    rows = linked_at_once(world, 700)
    world.cycle()
    for row in rows:
        world.dynamics.edit("lead", row, jobtitle="B")
    world.dynamics.edit("lead", rows[-1], donotbulkemail=True)
    world.dynamics.add("lead", lastname="Ny", emailaddress1="new@example.com")
    world.cycle()
    assert world.marketo.writes[0][1]["unsubscribed"] is True
    assert actions(world).index("createOrUpdate") == 1
