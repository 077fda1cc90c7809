"""The team's expectations in whole cycles: what they hold, warn of, and when they are retried."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leadsync.cycle.context import Engine
from leadsync.errors import ConfigurationError
from leadsync.gx_project.team import TeamSuites
from leadsync.model import Json
from leadsync.validation.team import read_suite
from support.world import World


class TeamWorld(World):
    """A world whose engine has a suite of the team."""

    rules: tuple[Json, ...] = ()
    fingerprint = "1"

    def _made(self) -> Engine:
        document = {
            "name": "ours",
            "meta": {"leadsync": {"target": "dynamics"}},
            "expectations": list(self.rules),
        }
        suite = read_suite(document, "ours.json")
        assert suite is not None
        return replace(super()._made(), team=TeamSuites([suite], fingerprint=self.fingerprint))


def city_with_country(policy: str, **more: Any) -> Json:
    return {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {
            "column": "address1_country",
            "row_condition": {
                "type": "nullity",
                "column": {"name": "address1_city"},
                "is_null": False,
            },
        },
        "description": "A city has a country.",
        "meta": {"rule_id": "city", "field": "address1_city", "policy": policy, **more},
    }


@pytest.fixture
def world() -> TeamWorld:
    return TeamWorld()


def test_a_broken_expectation_holds_the_record(world: TeamWorld) -> None:
    world.rules = (city_with_country("hold_record"),)
    person, row = world.linked()
    world.marketo.edit(person, city="Lund", title="CTO")
    world.cycle()
    assert world.dynamics.rows["lead"][row]["jobtitle"] is None
    [item] = world.quarantined()
    [failure] = item["failures"]
    assert (failure["field"], failure["rule"], failure["value"]) == (
        "address1_city",
        "city",
        "Lund",
    )
    assert "A city has a country." in failure["message"]
    world.marketo.edit(person, country="Sweden")
    world.cycle()
    assert world.dynamics.rows["lead"][row]["address1_city"] == "Lund"
    assert world.quarantined() == []


def test_the_rest_of_the_row_counts_as_it_stands(world: TeamWorld) -> None:
    world.rules = (city_with_country("hold_record"),)
    person, row = world.linked(address1_country="Sweden")
    world.marketo.edit(person, city="Lund")
    world.cycle()
    assert world.dynamics.rows["lead"][row]["address1_city"] == "Lund"


def test_a_field_can_be_held_alone_or_only_warned_of(world: TeamWorld) -> None:
    world.rules = (city_with_country("hold_field"),)
    person, row = world.linked()
    world.marketo.edit(person, city="Lund", title="CTO")
    world.cycle()
    assert world.dynamics.rows["lead"][row]["jobtitle"] == "CTO"
    assert world.dynamics.rows["lead"][row]["address1_city"] is None
    world.rules, world.fingerprint = (city_with_country("warn"),), "2"
    world.mapping = {**world.mapping, "policies": {"breaker_share": 0.9}}
    [warning] = world.cycle()["warnings"]
    assert (warning["rule"], warning["target"]) == ("city", "address1_city")
    assert world.dynamics.rows["lead"][row]["address1_city"] == "Lund"
    assert world.quarantined() == []


def test_an_unknown_field_is_refused_before_anything_is_written(world: TeamWorld) -> None:
    world.rules = ({**city_with_country("warn"), "kwargs": {"column": "adress1_city"}},)
    world.dynamics.add("lead", lastname="Ek")
    with pytest.raises(ConfigurationError, match="not synchronised"):
        world.cycle()
    assert world.marketo.people == {}
