"""Mappings with random rules, directions and policies, of which many runs share one."""

from __future__ import annotations

import copy
from functools import cache
from random import Random

from leadsync.model import Json
from support.world import MAPPING, RELATED_MAPPING

TWO_WAY_RULES = (
    "type_rule",
    "marketo_wins",
    "dynamics_wins",
    "newest_wins",
    "newest_wins",
    "non_empty_wins",
)
#: a date in both systems, which has no zone (S065).
BORN = {"marketo": "dateOfBirth", "lead": "birthdate", "contact": "birthdate"}
DIRECTIONS = ("both", "both", "both", "to_marketo", "to_dynamics", "off")
#: mappings that neighbouring runs share, because resolving one costs more than a run, and how many
#: runs are neighbours.
MAPPINGS, NEIGHBOURS = 30, 2000
#: mappings that the runs of a rare kind share.
RARE_MAPPINGS = 4
#: what becomes of the rows of merged persons (S100).
LEFT_OVER = ("report", "unlink", "deactivate", "merge")
#: shares and numbers of deletions beyond which a cycle stops.
LIMITS = ((0.5, 100), (0.75, 100), (1.0, 3), (0.9, 4))
UNLIMITED = 1_000_000


def mapping_of_run(seed: int, random: Random) -> Json:
    """Draw the mapping of a run, among those of its neighbours."""
    return mapping_of(seed // NEIGHBOURS * MAPPINGS + random.randrange(MAPPINGS))


def merging_mapping_of_run(seed: int) -> Json:
    """Draw the mapping of a run in which users merge persons, among those of its neighbours."""
    apart = Random(f"merging mapping {seed}")
    return _merging(seed // NEIGHBOURS * MAPPINGS + apart.randrange(RARE_MAPPINGS))


def related_mapping_of_run(seed: int) -> Json:
    """Draw the mapping of a run with accounts and owners, among those of its neighbours."""
    apart = Random(f"related mapping {seed}")
    return _related(seed // NEIGHBOURS * MAPPINGS + apart.randrange(RARE_MAPPINGS))


def guarding_mapping_of_run(seed: int, random: Random) -> Json:
    """Draw the mapping of a run in which deletions may be too many (S079)."""
    return _guarding(seed // NEIGHBOURS * MAPPINGS + random.randrange(RARE_MAPPINGS))


def filling_mapping_of_run(seed: int, random: Random) -> Json:
    """Draw the mapping of a run in which rows get a default for what their persons lack (S028)."""
    return _filling(seed // NEIGHBOURS * MAPPINGS + random.randrange(RARE_MAPPINGS))


def without_guard(mapping: Json) -> Json:
    """Return the mapping as an operator changes it who has meant the deletions."""
    meant = {"mass_delete_share": 1.0, "mass_delete_count": UNLIMITED}
    return {**mapping, "policies": {**mapping["policies"], **meant}}


@cache
def mapping_of(number: int) -> Json:
    """Return a mapping with random rules and directions; nobody may change it."""
    random = Random(f"mapping {number}")
    mapping = copy.deepcopy(MAPPING)
    mapping["fields"].append(dict(BORN))
    for entry in mapping["fields"]:
        if entry["marketo"] in ("title", "phone", "city", "country"):
            entry["rule"] = random.choice(TWO_WAY_RULES)
        if entry["marketo"] in ("phone", "city"):
            entry["direction"] = random.choice(DIRECTIONS)
        if entry["marketo"] == "firstName":
            entry["on_invalid"] = random.choice(("hold_record", "hold_field", "truncate"))
    mapping["policies"] = {
        "mass_delete_share": 1.0,
        "breaker_share": 1.0,
        "on_marketo_delete": random.choice(("recreate", "recreate", "suppress")),
        "on_dynamics_merge": random.choice(("report", "unlink")),
    }
    return mapping


@cache
def _merging(number: int) -> Json:
    mapping = mapping_of(number)
    policy = LEFT_OVER[number % len(LEFT_OVER)]
    return {**mapping, "policies": {**mapping["policies"], "on_marketo_merge": policy}}


@cache
def _related(number: int) -> Json:
    mapping = mapping_of(number)
    policies = {
        **mapping["policies"],
        "on_account_removed": ("clear", "keep")[number % 2],
        "lookup_wait_cycles": number % 3,
    }
    sections = {name: RELATED_MAPPING[name] for name in ("company", "owner")}
    return {**mapping, **sections, "policies": policies}


@cache
def _guarding(number: int) -> Json:
    mapping = mapping_of(number)
    share, count = LIMITS[number % len(LIMITS)]
    limits = {"mass_delete_share": share, "mass_delete_count": count}
    return {**mapping, "policies": {**mapping["policies"], **limits}}


@cache
def _filling(number: int) -> Json:
    mapping = copy.deepcopy(mapping_of(number))
    (name,) = (entry for entry in mapping["fields"] if entry["marketo"] == "lastName")
    name["default_on_create"] = "Unknown"
    return mapping
