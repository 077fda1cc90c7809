"""Worlds whose engine has resolved its mapping already, because that costs more than a cycle."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from leadsync.cycle.plan.plans import Plans
from leadsync.cycle.plan.schemas import load_plan
from leadsync.mapping.model import Mapping
from leadsync.model import Json
from leadsync.settings import Settings
from leadsync.state.memory import MemoryStateStore
from support.world import World

#: schemas that never change need not be read every hour.
SETTINGS = Settings(data=Path(), staging="", mapping=Path(), schema_ttl_seconds=1e9)


def prepared_world(mapping: Json) -> World:
    """Return an empty world that has read its schemas."""
    first = _first(json.dumps(mapping))
    return World(
        mapping=mapping,
        store=MemoryStateStore.knowing(first.store),
        plans=Plans(latest=first.plans.latest),
        settings=SETTINGS,
        validate=validated,
    )


def validated(mapping: Json) -> Mapping:
    """Return the mapping as a model; the same one for equal mappings."""
    return _validated(json.dumps(mapping))


@cache
def _validated(text: str) -> Mapping:
    return Mapping.model_validate(json.loads(text))


@cache
def _first(text: str) -> World:
    """Return a world in which a second look at the schemas changed nothing any more."""
    world = World(mapping=json.loads(text), settings=SETTINGS, validate=validated)
    load_plan(world.engine)
    load_plan(world.engine, refresh=True)  # now that it knows what was there before
    world.cycle()  # which remembers the rules
    return world
