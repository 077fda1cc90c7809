"""The sandbox's clock can be moved, set and frozen, and survives a restart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from leadsync_sandbox.common.clock import SandboxClock, format_moment, parse_moment
from leadsync_sandbox.common.database import Database
from leadsync_sandbox.common.keep import KEEP_SCHEMA, Keep


def open_clock(folder: Path) -> SandboxClock:
    return SandboxClock(Keep(Database(folder / "clock.db", KEEP_SCHEMA)))


def test_follows_real_time_plus_offset(tmp_path: Path) -> None:
    clock = open_clock(tmp_path)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=2)
    clock.advance(3600)
    shifted = open_clock(tmp_path).now() - datetime.now(UTC)
    assert timedelta(seconds=3590) < shifted < timedelta(seconds=3610)


def test_frozen_clock_moves_only_when_told(tmp_path: Path) -> None:
    clock = open_clock(tmp_path)
    clock.freeze(True)
    clock.set_to(datetime(2026, 1, 31, 10, tzinfo=UTC))
    clock.advance(1.5)
    assert clock.now() == datetime(2026, 1, 31, 10, 0, 1, 500000, tzinfo=UTC)
    assert format_moment(clock.second()) == "2026-01-31T10:00:01Z"
    clock.freeze(False)
    assert clock.now() > datetime(2026, 1, 31, 10, tzinfo=UTC)


def test_moments_without_zone_are_utc() -> None:
    assert parse_moment("2026-01-31T10:00:00") == parse_moment("2026-01-31T11:00:00+01:00")
