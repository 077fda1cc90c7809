"""The record that a quarantined row comes from: read it, and write corrected values to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadsync.cycle.context import Engine
from leadsync.cycle.reading import person_values, read_persons, read_rows, row_values
from leadsync.errors import ConfigurationError, RejectedError
from leadsync.mapping.plan import FieldPlan, SyncPlan, TablePlan
from leadsync.model import RecordError, RowWrite, System
from leadsync.state.port import QuarantineRow, Values


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A person or row as it is now.

    :param values: canonical, by field.
    :param etag: the row's version; ``None`` for a person.
    """

    side: System
    table: TablePlan
    record_id: str
    values: Values
    etag: str | None = None

    @property
    def name(self) -> str:
        """The record as people are told of it."""
        kind = "person" if self.side == "marketo" else self.table.table
        return f"{kind} {self.record_id}"


def read_source(
    engine: Engine, plan: SyncPlan, table: TablePlan, item: QuarantineRow
) -> SourceRecord:
    """Read the record that the item comes from.

    :raises ConfigurationError: there is none, or it no longer exists.
    """
    if item["direction"] == "to_dynamics" and item["marketo_id"] is not None:
        person = item["marketo_id"]
        found = read_persons(engine, plan, [person]).get(person)
        if found is not None:
            return SourceRecord("marketo", table, str(person), person_values(table, found))
    elif item["direction"] == "to_marketo" and item["dynamics_id"] is not None:
        row_id = item["dynamics_id"]
        row = read_rows(engine, table, [row_id]).get(row_id)
        if row is not None:
            values = row_values(table, row)
            return SourceRecord("dynamics", table, row_id, values, row.get("@odata.etag"))
    raise ConfigurationError(
        f"The record that item {item['id']} comes from no longer exists.",
        remedy="The next cycle ends the item; or discard it.",
    )


def write_source(
    engine: Engine, source: SourceRecord, fields: Sequence[FieldPlan], new: Values
) -> None:
    """Write the new values of ``fields``, unless the row has changed since it was read.

    :raises RejectedError: the system refuses them.
    """
    if source.side == "marketo":
        body = {field.name: field.converter.to_marketo(new[field.name]) for field in fields}
        records = [{"id": int(source.record_id), **body}]
        (person,) = engine.marketo.sync_persons("updateOnly", "id", records)
        if person.status == "skipped":
            raise _refused(source, person.errors)
        return
    body = {field.column.name: field.converter.to_dynamics(new[field.name]) for field in fields}
    write = RowWrite("update", source.table.table, source.record_id, body, source.etag)
    (row,) = engine.dynamics.write_rows([write])
    if row.status != "written":
        raise _refused(source, (row.error or RecordError(row.status, _OTHERWISE[row.status]),))


_OTHERWISE = {
    "conflict": "somebody has changed it meanwhile; look at it and try again",
    "missing": "it no longer exists",
    "rejected": "the values were refused",
    "exists": "it exists already",
}


def _refused(source: SourceRecord, errors: Sequence[RecordError]) -> RejectedError:
    return RejectedError(
        "; ".join(error.message for error in errors) or "the values were refused",
        system=source.side,
        call="update",
        code=errors[0].code if errors else "",
        record=source.name,
        remedy="Nothing was written; correct the values.",
    )
