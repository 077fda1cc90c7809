"""Regression tests of consents that went wrong in the simulation (semantics.md 8.J)."""

from __future__ import annotations

import pytest

from leadsync.errors import TransientApiError
from support.interrupted import altered, loses_answers
from support.world import World, world

__all__ = ["world"]


def test_s111_a_stop_by_address_is_not_undone_by_its_own_half_whose_answer_was_lost(
    world: World,
) -> None:
    world.linked("lead", emailaddress1="a@x.com", donotbulkemail=True)
    person, row = world.linked("contact", emailaddress1="b@x.com", donotbulkemail=False)
    world.marketo.edit(person, email="A@x.com")
    with pytest.raises(TransientApiError), altered(world.dynamics, "write_rows", loses_answers):
        world.cycle()
    for _ in range(2):
        world.cycle()
    assert world.marketo.people[person]["unsubscribed"] is True
    assert world.dynamics.rows["contact"][row]["donotbulkemail"] is True


def test_s111_a_person_of_a_closed_row_is_stopped_at_once_and_the_row_when_it_is_open(
    world: World,
) -> None:
    world.linked("lead", emailaddress1="a@x.com", donotbulkemail=True)
    person, row = world.linked("contact", emailaddress1="b@x.com", donotbulkemail=False)
    world.dynamics.deactivate("contact", row)
    world.marketo.edit(person, email="A@x.com")
    for _ in range(3):
        world.cycle()
    assert world.marketo.people[person]["unsubscribed"] is True
    assert world.dynamics.rows["contact"][row]["donotbulkemail"] is False
    world.dynamics.reopen("contact", row)
    for _ in range(2):
        world.cycle()
    assert world.marketo.people[person]["unsubscribed"] is True
    assert world.dynamics.rows["contact"][row]["donotbulkemail"] is True
