"""Following a stored delta link of a table, or reading the table in full."""

from __future__ import annotations

from collections.abc import Sequence

from leadsync.cycle.context import Engine
from leadsync.errors import DeltaExpiredError
from leadsync.model import DeltaRead, Json


def cursor_name(table: str) -> str:
    """Name under which a table's delta link is stored."""
    return f"dynamics.{table}"


def follow(engine: Engine, table: str, columns: Sequence[str], stored: Json) -> DeltaRead:
    """Follow the stored link; read in full when there is none, it expired or selects otherwise.

    :param stored: the cursor: ``select`` and ``link``, or nothing.
    """
    link = stored.get("link") if stored.get("select") == list(columns) else None
    try:
        return engine.dynamics.delta(table, columns, link)
    except DeltaExpiredError:
        return engine.dynamics.delta(table, columns, None)
