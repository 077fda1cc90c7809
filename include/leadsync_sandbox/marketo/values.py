"""Values of person fields: what a write accepts, what is stored (reference/marketo-rest.md 6)."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Any

from leadsync_sandbox.common.clock import format_moment, parse_moment
from leadsync_sandbox.common.settings import Settings
from leadsync_sandbox.marketo.envelope import SkippedError
from leadsync_sandbox.marketo.fields import TEXT_TYPES, Field

INT32 = 2**31
MOST_TEXT_BYTES = 30_000
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_TRUE = ("true", "1", "yes")
_FALSE = ("false", "0", "no")


def invalid(field: Field, value: Any) -> SkippedError:
    """Return the 1003 that the service was recorded to give for a bad value."""
    shown = str(value).lower() if isinstance(value, bool) else value
    return SkippedError("1003", f"Invalid value for field '{field.name}' and value '{shown}'")


def accept(field: Field, value: Any, settings: Settings) -> Any:
    """Return the value to store; ``None`` clears, and a boolean is cleared to false.

    :raises SkippedError: 1003 when the field's type does not take it.
    """
    if isinstance(value, dict | list):
        raise invalid(field, value)
    if value is None or (value == "" and _blank_clears(field, settings)):
        return False if field.data_type == "boolean" else None
    if field.data_type in ("text", "textarea") or field.data_type in TEXT_TYPES:
        return _text(field, value, settings)
    return _CONVERTERS.get(field.data_type, _plain)(field, value, settings)


def _blank_clears(field: Field, settings: Settings) -> bool:
    textual = field.data_type in ("text", "textarea") or field.data_type in TEXT_TYPES
    return not textual or bool(settings["empty_string"] == "null")


def _text(field: Field, value: Any, settings: Settings) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not _is_unicode(text) or (field.data_type == "email" and not _is_address(field, text)):
        raise invalid(field, value)
    fits = _fitting(field, text)
    if fits != text and settings["overlong_string"] != "truncate":
        raise invalid(field, value)
    return fits


def _is_unicode(text: str) -> bool:
    """Tell whether ``text`` has no half of a surrogate pair."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _is_address(field: Field, text: str) -> bool:
    """Tell whether ``text`` is an address; one that is too long is none, and never cut (6.4)."""
    return _EMAIL.fullmatch(text) is not None and len(text) <= (field.length or len(text))


def _fitting(field: Field, text: str) -> str:
    if field.length is not None:
        return text[: field.length]
    return text.encode()[:MOST_TEXT_BYTES].decode("utf-8", "ignore")


def _boolean(field: Field, value: Any, _settings: Settings) -> bool:
    text = str(value).lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise invalid(field, value)


def _number(field: Field, value: Any, settings: Settings) -> float:
    if isinstance(value, bool) or (isinstance(value, str) and not _is_number(value, settings)):
        raise invalid(field, value)
    try:
        number = float(value)
    except OverflowError as problem:
        raise invalid(field, value) from problem
    if not math.isfinite(number):
        raise invalid(field, value)
    return number


def _is_number(text: str, settings: Settings) -> bool:
    return bool(settings["numeric_strings"]) and _NUMBER.fullmatch(text) is not None


def _integer(field: Field, value: Any, settings: Settings) -> int:
    number = _number(field, value, settings)
    if not number.is_integer() or not -INT32 <= number < INT32:
        raise invalid(field, value)
    return int(number)


def _float(field: Field, value: Any, settings: Settings) -> float | int:
    number = _number(field, value, settings)
    return int(number) if number.is_integer() else number


def _date(field: Field, value: Any, _settings: Settings) -> str:
    try:
        if not _DATE.fullmatch(str(value)):
            raise ValueError("no ISO 8601 date")
        return date.fromisoformat(str(value)).isoformat()
    except ValueError as problem:
        raise invalid(field, value) from problem


def _datetime(field: Field, value: Any, _settings: Settings) -> str:
    text = str(value)
    try:
        if not _INSTANT.fullmatch(text):
            raise ValueError("no ISO 8601 date with time")
        return format_moment(parse_moment(text))
    except ValueError as problem:
        raise invalid(field, value) from problem


def _plain(_field: Field, value: Any, _settings: Settings) -> Any:
    return value


_CONVERTERS = {
    "boolean": _boolean,
    "integer": _integer,
    "score": _integer,
    "percent": _integer,
    "reference": _integer,
    "float": _float,
    "currency": _float,
    "date": _date,
    "datetime": _datetime,
}


def as_text(value: Any) -> str | None:
    """Return a value as activities carry it: text or null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
