"""Loading many rows at once: checked like any write, stored with few statements."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from leadsync_sandbox.common.sandbox import ControlError
from leadsync_sandbox.dynamics import states
from leadsync_sandbox.dynamics.checks import checked
from leadsync_sandbox.dynamics.computed import compute
from leadsync_sandbox.dynamics.errors import ApiError
from leadsync_sandbox.dynamics.layout import advance, quoted
from leadsync_sandbox.dynamics.payload import lookup_values, read_payload
from leadsync_sandbox.dynamics.rows import Row
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.session import Session

Json = dict[str, Any]
_STAMPS = ("createdon", "modifiedon")
_STATES = ("statecode", "statuscode")


def import_rows(session: Session, records: Mapping[str, list[Json]]) -> dict[str, int]:
    """Store rows in Web API form, tables in the order given, and count them.

    Beyond a normal create, ``createdon``, ``modifiedon`` and any state are taken as given, and a
    disabled user may own a row.

    :raises ControlError: naming table, position and reason of the first row that is refused.
    """
    session.trusted = True
    counts: dict[str, int] = {}
    for name, bodies in records.items():
        table = session.schema.tables.get(name)
        if table is None:
            raise ControlError(f"There is no table {name!r}.")
        _store(session, table, [_prepared(session, table, at, b) for at, b in enumerate(bodies)])
        counts[name] = len(bodies)
    return counts


def _prepared(session: Session, table: Table, at: int, body: Json) -> Row:
    try:
        return _row(session, table, body)
    except ApiError as problem:
        raise ControlError(f"{table.name} row {at} was refused: {problem}") from problem


def _row(session: Session, table: Table, body: Json) -> Row:
    values = {
        name: value
        for name, value in read_payload(session, table, body).values.items()
        if name in _STAMPS or _is_given(table, name)
    }
    for name, value in values.items():
        column = table.columns.get(name)
        if column is not None:
            values[name] = checked(table, column, None if value == "" else value)
    row_id = values.setdefault(table.primary_id, str(uuid.uuid4()))
    _settle(session, table, values, row_id)
    compute(session, table, {}, values)
    return {name: value for name, value in values.items() if name in table.storage_names}


def _is_given(table: Table, name: str) -> bool:
    column = table.columns.get(name.removesuffix("$type"))
    return column is not None and column.create and not column.is_stamped


def _settle(session: Session, table: Table, values: Row, row_id: str) -> None:
    for name, value in table.defaults.items():
        if values.get(name) is None:
            values[name] = int(value)
    created = values.get("createdon") or session.timestamp
    values["createdon"] = created
    values["modifiedon"] = values.get("modifiedon") or created
    values["createdby"] = values["modifiedby"] = session.user_id
    if table.has_owner and values.get("ownerid") is None:
        values.update(lookup_values(table.columns["ownerid"], "systemuser", session.user_id))
    state = {name: values.pop(name) for name in _STATES if name in values}
    states.settle_on_create(table, values, row_id)
    if state:
        states.settle_on_update(table, values, state, row_id)
        values.update(state)


def _store(session: Session, table: Table, prepared: list[Row]) -> None:
    """Insert rows in their order, those with equal columns by one statement."""
    version = advance(session.database, "row", len(prepared)) - len(prepared)
    groups: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for row in prepared:
        version += 1
        row["versionnumber"] = version
        names = tuple(sorted(row))
        groups.setdefault(names, []).append(tuple(row[name] for name in names))
    for names, rows in groups.items():
        listed = ", ".join(quoted(name) for name in names)
        marks = ", ".join("?" * len(names))
        session.database.run_many(
            f"INSERT INTO {quoted(table.name)} ({listed}) VALUES ({marks})", rows
        )
