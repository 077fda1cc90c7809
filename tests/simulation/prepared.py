"""Worlds that are prepared once: that costs more than a cycle."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random

from leadsync.cycle.plan.plans import Plans
from leadsync.cycle.plan.schemas import load_plan
from leadsync.mapping.model import Mapping
from leadsync.model import Json
from leadsync.settings import Settings
from leadsync.state.memory import MemoryStateStore
from simulation.copies import Original
from simulation.diary import Diary
from simulation.users import Users
from support.world import World

#: schemas that never change need not be read every hour.
SETTINGS = Settings(data=Path(), staging="", mapping=Path(), schema_ttl_seconds=1e9)

#: who is there when a world begins with people that are linked.
POPULATION = ("add_row", "add_row", "add_row", "add_person", "add_person")
#: what is done with them where accounts and owners are mapped.
PLACES = ("employ", "employ", "employ", "assign_owner", "assign_owner", "assign_owner")
CYCLES_UNTIL_QUIET = 3


def prepared_world(mapping: Json) -> World:
    """Return an empty world that has read its schemas and resolved its mapping."""
    first = _first(json.dumps(mapping))
    return World(
        mapping=mapping,
        store=MemoryStateStore.knowing(first.store),
        plans=Plans(latest=first.plans.latest),
        settings=SETTINGS,
        validate=validated,
    )


def linked_world(mapping: Json) -> Diary:
    """Return the diary of a world in which some rows have their persons, and nothing waits."""
    return _linked(json.dumps(mapping)).copy()


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


@cache
def _linked(text: str) -> Original[Diary]:
    world, random = prepared_world(json.loads(text)), Random(text)
    diary = Diary(world)
    users = Users(random, diary, invalid=False)
    for kind in (*POPULATION, *(PLACES if "company" in world.mapping else ())):
        users.act(kind, random.randrange(2**32))
    for _ in range(CYCLES_UNTIL_QUIET):
        began = diary.cycle_begins()
        world.cycle()
        diary.agree(diary.cycle_ended(began, (), clean=True))
    assert world.writes == 0, "people are still on their way"
    shared = (world.mapping, world.marketo.fields, world.dynamics.tables)
    return Original(diary, shared)
