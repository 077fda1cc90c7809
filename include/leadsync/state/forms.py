"""How the values of a row look on the way into each database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Text

from leadsync.state.types import JsonText, MarkedText, UtcDateTime, storable, to_json

Encoder = Callable[[Any], Any]


@dataclass(frozen=True)
class Form:
    """Encoders by kind of column, and what stands for NULL."""

    instant: Encoder
    text: Encoder
    other: Encoder
    null: str | None

    def column(self, column: Column[Any], rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Return one column's values; a name that a row lacks is NULL."""
        name, encode, null = column.name, self._encoder(column), self.null
        values = [row.get(name) for row in rows]
        if encode is storable and _is_plain(values):
            return values
        return [null if value is None else encode(value) for value in values]

    def _encoder(self, column: Column[Any]) -> Encoder:
        kind = type(column.type)
        if kind is UtcDateTime:
            return self.instant
        if kind is JsonText:
            return lambda value: self.text(to_json(value))
        return self.text if kind in (MarkedText, Text) else self.other


def _is_plain(values: Iterable[str | None]) -> bool:
    """Tell whether texts can be stored as they are, which for most columns saves a call a row."""
    joined = "".join(filter(None, values))
    return joined.isascii() and "\0" not in joined


def _same(value: Any) -> Any:
    return value


def _zoned(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"The instant {moment.isoformat()} has no time zone.")
    return moment.astimezone(UTC)


@lru_cache(maxsize=256)
def _copy_instant(moment: datetime) -> str:
    return _zoned(moment).isoformat()


@lru_cache(maxsize=256)
def _sqlite_instant(moment: datetime) -> str:
    """Return the text under which SQLAlchemy keeps an instant in SQLite."""
    return _zoned(moment).replace(tzinfo=None).isoformat(" ", "microseconds")


_COPY_SPECIAL = re.compile(r"[\\\t\n\r\x00\ud800-\udfff]")
_COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copy_text(value: str) -> str:
    """Escape what the text format of COPY gives a meaning to."""
    return storable(value).translate(_COPY_ESCAPES) if _COPY_SPECIAL.search(value) else value


SQLITE = Form(instant=_sqlite_instant, text=storable, other=_same, null=None)
BOUND = Form(instant=_zoned, text=storable, other=_same, null=None)
COPY = Form(instant=_copy_instant, text=_copy_text, other=str, null="\\N")
