"""The frames that travel between stages: their columns and dtypes, as rows and as pandas frames.

Stages hand on :class:`Rows`; staging keeps them as Parquet that pandas opens. There, field columns
hold canonical values (docs/architecture.md, Values) in pandas' ``str`` dtype and are named by
Marketo REST name behind :data:`FIELD_PREFIX`, so that they cannot collide with the fixed columns.
Fixed columns are ``str`` too, except ids and counts (``Int64``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import pandas as pd

from leadsync.state.port import Values
from leadsync.values.marks import ABSENT

FIELD_PREFIX = "f:"

INTEGERS = frozenset({"marketo_id", "collisions", "merged_into", "slot"})

#: A Marketo person of this window. ``event``: ``changed`` (values were read), ``echo`` (every
#: change equals the base), ``unlinked``, ``deleted``, ``wanted`` (not linked, to become a row of
#: ``wanted_table``), ``linked`` (was to become a row and has one), ``merged`` (into the person
#: ``merged_into``), ``vanished`` (gone, and no activity says why). ``origin``: ``feed``,
#: ``carried`` or ``requested``. ``own_id`` is ``leadsyncDynamicsId``, where the person was read.
PERSONS = (
    "marketo_id",
    "event",
    "origin",
    "changed_at",
    "email_key",
    "own_id",
    "wanted_table",
    "merged_into",
)

#: A lead or contact of this window. ``event``: ``changed`` or ``deleted``. ``origin`` as above.
#: ``sync_flag``: ``true``, ``false`` or null (blank, or the column does not exist). ``person_id``
#: is ``new_marketoid``.
#: ``account_id`` and ``owner_id``: what the row refers to; absent where that was not read.
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
    "parent_contact_id",
    "email_key",
    "account_id",
    "owner_id",
)

#: An account, user, team or contact that rows refer to. ``event``: ``changed`` (its values are not
#: those stored), ``deleted``, ``missing`` (a row refers to it, and it cannot be read).
RELATED = ("table", "id", "event", "active")

#: What a linked row refers to, where that is not what is stored; a row of the state store.
LOOKUPS = ("link_id", "column", "target_table", "target_id", "table", "dynamics_id")

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
#: the person with our fields), ``flag_deleted``, ``assign`` (a new owner). Field columns: only what
#: is written, else absent. ``beside``: JSON of what is written beside mapped fields.
#: ``move`` updates a pair whose link got another person; the others are :data:`ENDINGS`.
#: ``into``: id of the record that a merge keeps.
#: ``link_status``: status of the link that the write stores; ``open`` where it is null.
WRITES = (
    "record_key",
    "operation",
    "table",
    "marketo_id",
    "dynamics_id",
    "link_id",
    "etag",
    "created_on",
    "beside",
    "link_status",
    "into",
)

#: Operations of ``WRITES`` on records whose link has ended. ``deactivate``: close a row. ``merge``:
#: merge a row or person ``into`` another. ``unlink``: clear a person's own fields.
EndingKind = Literal["deactivate", "merge", "unlink"]
ENDINGS: tuple[EndingKind, ...] = ("deactivate", "merge", "unlink")

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


#: A person, or a lead or contact, as the first load read it, with its place in the space that
#: partitions divide (``cycle/initial/slots.py``). A person's field columns hold Marketo's own text,
#: a row's hold canonical values.
PERSON_PART = ("slot", "marketo_id", "email_key", "own_id")
ROW_PART = ("slot", *ROWS)


@dataclass(slots=True)
class Rows:
    """The rows of a frame in plain Python.

    On the way into staging a record may lack columns, which become null, and hold others, which are
    left out; likewise for fields, which become absent. What comes back is complete.

    :param columns: the fixed columns.
    :param records: a cell for each fixed column by its name.
    :param fields: the fields that have a column.
    :param values: canonical values by field for every record, or nothing at all where the frame
        has no field columns; absent fields are left out.
    """

    columns: Sequence[str]
    records: list[dict[str, Any]]
    fields: Sequence[str] = ()
    values: list[Values] = field(default_factory=list)

    def pairs(self) -> list[tuple[dict[str, Any], Values]]:
        """Return every record with its values."""
        return list(zip(self.records, self.values, strict=True))

    def completed(self) -> Rows:
        """Return a copy with all columns and no others, as it comes back from staging."""
        if not self.records:
            return Rows(self.columns, [], self.fields)
        known, empty = frozenset(self.fields), dict.fromkeys(self.columns)
        return Rows(
            columns=self.columns,
            records=[
                {**empty, **one}
                if one.keys() <= empty.keys()
                else {name: one.get(name) for name in empty}
                for one in self.records
            ],
            fields=self.fields,
            values=[
                {name: cell for name, cell in one.items() if cell != ABSENT and name in known}
                for one in self.values
            ],
        )

    def copied(self) -> Rows:
        """Return a copy that shares nothing which can change."""
        if not self.records:
            return Rows(self.columns, [], self.fields)
        records = [record.copy() for record in self.records]
        return Rows(self.columns, records, self.fields, [row.copy() for row in self.values])


def to_frame(rows: Rows) -> pd.DataFrame:
    """Build a frame; a field that a row lacks is absent."""
    data: dict[str, Any] = {}
    for column in rows.columns:
        cells = [record.get(column) for record in rows.records]
        data[column] = pd.array(cells, dtype="Int64" if column in INTEGERS else "str")
    for name, field_cells in cells_by_field(rows.fields, rows.values).items():
        data[FIELD_PREFIX + name] = pd.array(field_cells, dtype="str")
    return pd.DataFrame(data, copy=False)


def from_frame(frame: pd.DataFrame) -> Rows:
    """Read a frame: missing cells as ``None``, integers as ``int``, absent cells left out."""
    fixed = [name for name in frame.columns if not name.startswith(FIELD_PREFIX)]
    columns = [name for name in frame.columns if name.startswith(FIELD_PREFIX)]
    fields = tuple(name.removeprefix(FIELD_PREFIX) for name in columns)
    return Rows(
        columns=tuple(fixed),
        records=[
            dict(zip(fixed, row, strict=True))
            for row in zip(*(_plain(frame[name]) for name in fixed), strict=True)
        ],
        fields=fields,
        values=[
            {name: cell for name, cell in zip(fields, row, strict=True) if cell != ABSENT}
            for row in zip(*(_plain(frame[name]) for name in columns), strict=True)
        ],
    )


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


def _plain(series: pd.Series[Any]) -> list[Any]:
    untyped = cast(Any, series)  # the stubs do not know that missing cells may become None
    cells: list[Any] = untyped.to_numpy(dtype=object, na_value=None).tolist()
    return cells
