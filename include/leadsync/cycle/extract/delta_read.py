"""Following a stored delta link of a table, or reading the table in full."""

from __future__ import annotations

from collections.abc import Sequence

from leadsync.cycle.context import Cycle, Engine
from leadsync.errors import DeltaExpiredError
from leadsync.model import DeltaRead, Json


def cursor_name(table: str) -> str:
    """Name under which a table's delta link is stored, and its schema."""
    return f"dynamics.{table}"


def follow(
    engine: Engine, cycle: Cycle, table: str, columns: Sequence[str], stored: Json
) -> DeltaRead:
    """Follow the stored link; read in full when there is none, it expired or selects otherwise.

    :param stored: the cursor: ``select`` and ``link``, or nothing.
    :raises DeltaExpiredError: the table's schema was read before this cycle. A changed schema ends
        links, too (reference/dataverse-webapi.md 10.1), so it has to be read first.
    """
    link = stored.get("link") if stored.get("select") == list(columns) else None
    try:
        return engine.dynamics.delta(table, columns, link)
    except DeltaExpiredError:
        schema_read_at = engine.store.schemas_read().get(cursor_name(table))
        if schema_read_at is None or schema_read_at < cycle.opened_at:
            raise
        return engine.dynamics.delta(table, columns, None)
