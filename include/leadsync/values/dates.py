"""Dates and times: UTC to the whole second, dates that no zone can shift (S065, S066)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from leadsync.clock import parse_instant, parse_reading
from leadsync.values.marks import invalid
from leadsync.values.raw import clean

_MIDNIGHT = "T00:00:00Z"


@dataclass(frozen=True, slots=True)
class InstantConverter:
    """A moment on both sides.

    :param literal: the column is TimeZoneIndependent: its clock reading is kept as it stands,
        whatever zone the response names (reference/dataverse-webapi.md 3.1).
    """

    literal: bool = False

    def from_marketo(self, raw: object) -> str | None:
        return _read(raw, _utc_seconds)

    def from_dynamics(self, raw: object) -> str | None:
        return _read(raw, _clock_seconds if self.literal else _utc_seconds)

    def to_marketo(self, value: str | None) -> str | None:
        return value

    def to_dynamics(self, value: str | None) -> str | None:
        return value


@dataclass(frozen=True, slots=True)
class DateConverter:
    """A calendar date on at least one side; a time on the other side is midnight as written.

    :param marketo_time: the Marketo field is a ``datetime``.
    :param dynamics_time: the column wants a time with its date.
    """

    marketo_time: bool = False
    dynamics_time: bool = False

    def from_marketo(self, raw: object) -> str | None:
        return _read(raw, _calendar_date)

    def from_dynamics(self, raw: object) -> str | None:
        return _read(raw, _calendar_date)

    def to_marketo(self, value: str | None) -> str | None:
        return value + _MIDNIGHT if value and self.marketo_time else value

    def to_dynamics(self, value: str | None) -> str | None:
        return value + _MIDNIGHT if value and self.dynamics_time else value


def _read(raw: object, form: Callable[[str], str]) -> str | None:
    if raw is None:
        return None
    if not isinstance(raw, str):
        return invalid(raw)
    text = clean(raw).strip()
    if not text:
        return None
    try:
        return form(text)
    except ValueError:
        return invalid(raw)


def _utc_seconds(text: str) -> str:
    return _seconds(parse_instant(text))


def _clock_seconds(text: str) -> str:
    return _seconds(parse_reading(text))


def _calendar_date(text: str) -> str:
    return parse_reading(text).date().isoformat()


def _seconds(moment: datetime) -> str:
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"
