"""Transactions, counters and settings of the sandbox's storage."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadsync_sandbox.common.database import Database, placeholders
from leadsync_sandbox.common.faults import BadFaultError, Faults, parse_rule
from leadsync_sandbox.common.keep import KEEP_SCHEMA, Keep

SCHEMA = KEEP_SCHEMA + "CREATE TABLE IF NOT EXISTS t (x INTEGER);"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "x.db", SCHEMA)


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction():
        database.run("INSERT INTO t VALUES (1)")
        with database.transaction():
            database.run("INSERT INTO t VALUES (2)")
        _ = 1 / 0
    assert database.rows("SELECT * FROM t") == []


def test_numbers_are_never_handed_out_twice(database: Database) -> None:
    keep = Keep(database)
    assert [keep.take_numbers("id", 3, first=1000), keep.take_numbers("id")] == [1000, 1003]


def test_clear_lays_the_schema_out_anew(database: Database) -> None:
    database.run_many("INSERT INTO t VALUES (?)", [(1,), (2,)])
    database.clear()
    assert database.value("SELECT count(*) FROM t") == 0


def test_kept_values_are_forgotten_by_prefix(database: Database) -> None:
    keep = Keep(database)
    keep.put("a.x", 1)
    keep.put("b.x", {"y": None})
    keep.forget("a.")
    assert (keep.get("a.x"), keep.get("b.x")) == (None, {"y": None})


def test_placeholders_fit_an_in_list() -> None:
    assert placeholders([1, 2, 3]) == "?, ?, ?"


def test_probability_is_drawn_from_the_seed() -> None:
    rule = parse_rule({"kind": "slow", "times": None, "probability": 0.5, "seed": 7})
    drawn = [rule.strikes(n, 0) for n in range(200)]
    assert drawn == [rule.strikes(n, 0) for n in range(200)]
    assert 60 < sum(drawn) < 140


def test_one_bad_rule_stores_none(tmp_path: Path) -> None:
    from leadsync_sandbox.common.faults import FAULT_SCHEMA

    faults = Faults(Database(tmp_path / "f.db", FAULT_SCHEMA))
    with pytest.raises(BadFaultError, match="colour"):
        faults.add([{"kind": "slow"}, {"kind": "slow", "colour": 1}])
    assert faults.listed() == []
