"""The frames that travel between stages: their columns and dtypes, and how cells go in and out.

Field columns hold canonical values (docs/architecture.md, Values) in pandas' ``str`` dtype and are
named by Marketo REST name behind :data:`FIELD_PREFIX`, so that they cannot collide with the fixed
columns. Fixed columns are ``str`` too, except ids and counts (``Int64``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

import pandas as pd

from leadsync.state.port import Values
from leadsync.values.marks import ABSENT

FIELD_PREFIX = "f:"

INTEGERS = frozenset({"marketo_id", "collisions"})

#: A Marketo person of this window. ``event``: ``changed`` (values were read), ``echo`` (every
#: change equals the base), ``unlinked``, ``deleted``. ``origin``: ``feed`` or ``carried``.
PERSONS = ("marketo_id", "event", "origin", "changed_at")

#: A lead or contact of this window. ``event``: ``changed`` or ``deleted``. ``sync_flag``: ``true``,
#: ``false`` or null (blank, or the column does not exist). ``person_id`` is ``new_marketoid``.
ROWS = (
    "table",
    "dynamics_id",
    "event",
    "origin",
    "etag",
    "created_on",
    "modified_on",
    "state_code",
    "sync_flag",
    "person_id",
    "master_id",
    "originating_lead_id",
    "email_key",
)

#: A Marketo activity that the cycle has read, to be remembered as seen.
ACTIVITIES = ("guid", "at")

#: One extracted row and where it stands. ``state``: ``applied``, ``unchanged``, ``quarantined``,
#: ``out_of_scope``, ``deferred``, or ``writing`` until its load stage has run. ``reason`` says why.
OUTCOMES = (
    "record_key",
    "direction",
    "table",
    "marketo_id",
    "dynamics_id",
    "state",
    "operation",
    "reason",
    "collisions",
)

#: A record to write. ``operation``: ``create``, ``update``, ``link`` (an update that also stamps
#: the person with our fields), ``flag_deleted``. Field columns: only what is written, else absent.
WRITES = (
    "record_key",
    "operation",
    "table",
    "marketo_id",
    "dynamics_id",
    "link_id",
    "etag",
    "created_on",
)

#: A field decision, journalled when the write of its ``record_key`` has succeeded.
DECISIONS = (
    "record_key",
    "kind",
    "side",
    "table",
    "marketo_id",
    "dynamics_id",
    "field",
    "base",
    "marketo",
    "dynamics",
    "winner",
    "rule",
)

#: A value that both sides agree on without a write. ``operation``: ``update`` is stored with the
#: commit, ``link`` together with the new link.
BASE_MOVES = ("link_id", "operation", "field", "value")


def to_frame(
    records: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    fields: Sequence[str] = (),
    values: Sequence[Values] | None = None,
) -> pd.DataFrame:
    """Build a frame from records of fixed columns, and values by field name.

    :param values: one mapping per record; a field that it lacks is absent.
    """
    if not records:
        return _empty(tuple(columns), tuple(fields)).copy()
    data: dict[str, Any] = {}
    for column in columns:
        cells = [record.get(column) for record in records]
        data[column] = pd.array(cells, dtype="Int64" if column in INTEGERS else "str")
    for name, field_cells in cells_by_field(fields, values or ()).items():
        data[FIELD_PREFIX + name] = pd.array(field_cells, dtype="str")
    return pd.DataFrame(data, copy=False)


@lru_cache
def _empty(columns: tuple[str, ...], fields: tuple[str, ...]) -> pd.DataFrame:
    """Return a frame without rows; most frames of most cycles are."""
    data: dict[str, Any] = {
        column: pd.array([], dtype="Int64" if column in INTEGERS else "str") for column in columns
    }
    data |= {FIELD_PREFIX + name: pd.array([], dtype="str") for name in fields}
    return pd.DataFrame(data, copy=False)


def cells_by_field(fields: Iterable[str], values: Sequence[Values]) -> dict[str, list[str | None]]:
    """Return each field's cells, one per mapping of ``values``; what a mapping lacks is absent.

    Writes carry few of many fields, so the cost goes by what is there.
    """
    cells: dict[str, list[str | None]] = {name: [ABSENT] * len(values) for name in fields}
    for position, row in enumerate(values):
        for name, value in row.items():
            column = cells.get(name)
            if column is not None:
                column[position] = value
    return cells


def to_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the fixed columns row by row, missing cells as ``None``, integers as ``int``."""
    if not len(frame):
        return []
    columns = [name for name in frame.columns if not name.startswith(FIELD_PREFIX)]
    lists = [_plain(frame[name]) for name in columns]
    return [dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)]


def to_values(frame: pd.DataFrame, *, drop_absent: bool = True) -> list[Values]:
    """Return the field columns row by row; absent cells are left out unless asked for."""
    if not len(frame):
        return []
    columns = [name for name in frame.columns if name.startswith(FIELD_PREFIX)]
    names = [name.removeprefix(FIELD_PREFIX) for name in columns]
    lists = [_plain(frame[name]) for name in columns]
    if not columns:
        return [{} for _ in range(len(frame))]
    rows = zip(*lists, strict=True)
    if not drop_absent:
        return [dict(zip(names, row, strict=True)) for row in rows]
    return [
        {name: cell for name, cell in zip(names, row, strict=True) if cell != ABSENT}
        for row in rows
    ]


def field_columns(names: Iterable[str]) -> dict[str, str]:
    """Return frame columns by field name."""
    return {name: FIELD_PREFIX + name for name in names}


def _plain(series: pd.Series[Any]) -> list[Any]:
    untyped = cast(Any, series)  # the stubs do not know that missing cells may become None
    cells: list[Any] = untyped.to_numpy(dtype=object, na_value=None).tolist()
    return cells
