"""Regression tests of rows that ended before their making was confirmed (S027, S092)."""

from __future__ import annotations

import pytest

from leadsync.cycle.request.on_request import person_request, store_requests
from leadsync.errors import TransientApiError
from support.interrupted import altered, loses_answers
from support.world import World, world

__all__ = ["world"]


def test_a_lead_that_was_qualified_before_its_making_was_confirmed_takes_its_person_along(
    world: World,
) -> None:
    person = world.marketo.add(lastName="Ek", title="CTO")
    store_requests(world.engine, [person_request(world.engine, "sync_person", person)])
    with pytest.raises(TransientApiError), altered(world.dynamics, "write_rows", loses_answers):
        world.cycle()
    (lead,) = world.dynamics.rows["lead"]
    contact = world.dynamics.qualify(lead)
    world.cycle()
    assert world.person_of(contact)["id"] == person
    assert [link["marketo_id"] for link in world.store.live_links("contact")] == [person]
    assert not list(world.store.live_links("lead"))
    assert len(world.marketo.people) == 1
