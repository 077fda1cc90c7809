"""Column types that store the same value on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

#: stands for NUL, which PostgreSQL text cannot hold; Unicode reserves it for use inside a program.
_NUL_STAND_IN = "\ufdd0"


class UtcDateTime(TypeDecorator[datetime]):
    """A zone-aware instant, stored in UTC and returned in UTC.

    :raises ValueError: on writing an instant without a zone.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"The instant {value.isoformat()} has no time zone.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class MarkedText(TypeDecorator[str]):
    """Text that may carry the NUL marks of absent and invalid values (docs/architecture.md)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else storable(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return value.replace(_NUL_STAND_IN, "\0") if value and _NUL_STAND_IN in value else value


class JsonText(TypeDecorator[Any]):
    """A JSON document as ASCII text, which holds every character on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)


def storable(value: str) -> str:
    """Return text that both databases take: NUL by its stand-in, half characters as ``?``."""
    if value.isascii():
        return value.replace("\0", _NUL_STAND_IN)
    return value.replace("\0", _NUL_STAND_IN).encode("utf-8", "replace").decode()


def to_json(value: Any) -> str:
    """Write ``value`` as compact ASCII JSON."""
    return _COMPACT.encode(value)


_COMPACT = json.JSONEncoder(separators=(",", ":"))
