"""JSON values against Edm types, and their stored form (reference/dataverse-webapi.md 3.1)."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from leadsync_sandbox.dynamics.errors import ApiError, conversion_error
from leadsync_sandbox.dynamics.schema import Column, Table

GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATE_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(:\d{2})?(?:\.\d+)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)
_CODES = re.compile(r"-?\d{1,10}(,-?\d{1,10})*", re.ASCII)
_EARLIEST = date(1753, 1, 1)
#: what the platform's decimal type, of 96 bits, can hold.
_LARGEST_DECIMAL = 2**96 - 1


class _MismatchError(Exception):
    """The JSON value does not fit the type."""


def to_storage(table: Table, column: Column, value: Any) -> Any:
    """Return the stored form of a JSON value; null stays null.

    :raises ApiError: 400 ``0x80048d19`` when the value does not fit the column's Edm type; the
        form a stored value takes is text, an integer or a float.
    """
    if value is None:
        return None
    try:
        return _CONVERTERS[column.edm](value)
    except _MismatchError:
        raise conversion_error(table.entity_set, value, column.edm) from None


def to_json(column: Column, value: Any) -> Any:
    """Return a stored value as the JSON value of a response."""
    return bool(value) if column.type == "Boolean" and value is not None else value


def to_instant(text: str) -> str:
    """Return an ISO 8601 time as UTC text to the second; without an offset it is UTC already.

    :raises ValueError: not a time.
    """
    matched = _DATE_TIME.fullmatch(text)
    if not matched:
        raise ValueError(text)
    minutes, seconds, zone = matched.groups()
    moment = datetime.fromisoformat(f"{minutes}{seconds or ':00'}{zone or 'Z'}")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _MismatchError
    try:
        value.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        raise _MismatchError from None
    return value


def _boolean(value: Any) -> int:
    if not isinstance(value, bool):
        raise _MismatchError
    return int(value)


def _integer(bits: int) -> Callable[[Any], int]:
    limit = 1 << (bits - 1)

    def convert(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not -limit <= value < limit:
            raise _MismatchError
        return value

    return convert


def _number(largest: float) -> Callable[[Any], int | float]:
    def convert(value: Any) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _MismatchError
        if not -largest <= value <= largest:
            raise _MismatchError
        return value

    return convert


def _guid(value: Any) -> str:
    if not isinstance(value, str) or not GUID.fullmatch(value):
        raise _MismatchError
    return value.lower()


def _calendar_date(value: Any) -> str:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise _MismatchError
    return _not_too_early(value, value)


def _instant(value: Any) -> str:
    if not isinstance(value, str):
        raise _MismatchError
    try:
        stored = to_instant(value)
    except (ValueError, OverflowError):
        raise _MismatchError from None
    return _not_too_early(stored, stored[:10])


def _not_too_early(stored: str, day: str) -> str:
    try:
        early = date.fromisoformat(day) < _EARLIEST
    except ValueError:
        raise _MismatchError from None
    if early:
        raise ApiError(
            400,
            "0x80040203",
            f"CrmDateTime is less than minimum value supported by CrmDateTime. Actual value: {day},"
            " Minimum value supported: 1753-01-01",
        )
    return stored


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "Edm.String": _text,
    "Edm.Boolean": _boolean,
    "Edm.Int32": _integer(32),
    "Edm.Int64": _integer(64),
    "Edm.Double": _number(sys.float_info.max),
    "Edm.Decimal": _number(_LARGEST_DECIMAL),
    "Edm.Guid": _guid,
    "Edm.Date": _calendar_date,
    "Edm.DateTimeOffset": _instant,
}


def option_codes(text: str) -> list[int] | None:
    """Return the codes of a multi-select value, or ``None`` when it is not a list of codes."""
    return [int(code) for code in text.split(",")] if _CODES.fullmatch(text) else None
