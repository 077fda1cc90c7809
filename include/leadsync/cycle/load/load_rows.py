"""Create rows for persons, exactly once, and store each with its link and base (semantics.md 4).

The id of a row is made before the call and stored with the intent, so that every repetition asks
for the same row; when an answer leaves open what happened, the row is looked up by its id (S027).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.load.loading import Results, Write, link_of
from leadsync.cycle.load.refused_lookups import RefusedLookups
from leadsync.cycle.match.row_creations import Beside, born_values
from leadsync.cycle.quarantine.quarantining import from_server
from leadsync.cycle.reading import as_table
from leadsync.cycle.work import event
from leadsync.mapping.plan import SyncPlan
from leadsync.model import DYNAMICS_MARKETO_ID, Json, RowResult, RowWrite
from leadsync.state.port import StateChanges


@dataclass(slots=True)
class RowLoad:
    """Records the rows that one cycle makes.

    :ivar created_on: ``createdon`` of the rows made, by id, where the server told it.
    :ivar refused: lookups that rows were made without (S105).
    """

    engine: Engine
    cycle: Cycle
    plan: SyncPlan
    created_on: dict[str, str] = field(default_factory=dict)
    refused: RefusedLookups = field(default_factory=RefusedLookups)

    def send(self, group: Sequence[Write]) -> list[RowResult]:
        """Create a batch of rows; what the answer leaves open is looked up."""
        rows = [self._row_write(write) for write in group]
        answers = self.refused.send(self.engine.dynamics.write_rows, group, rows)
        open_ones = [
            write
            for write, answer in zip(group, answers, strict=True)
            if answer.status in ("exists", "conflict")
        ]
        found = self._look_up(open_ones)
        return [
            found.get(write.record["dynamics_id"], answer)
            for write, answer in zip(group, answers, strict=True)
        ]

    def record(
        self,
        group: Sequence[Write],
        answers: Sequence[RowResult],
        changes: StateChanges,
        results: Results,
    ) -> None:
        """Turn the answers into links, bases and results."""
        for write, answer in zip(group, answers, strict=True):
            if answer.status == "written":
                self._made(write, answer, changes)
                results.applied(write, "created")
                results.quarantine.extend(self.refused.held(write))
            elif answer.status == "conflict" or self._belongs_to_other(write, answer):
                results.deferred(write, "Dynamics did not say whether the row was made")
            else:
                errors = (answer.error,) if answer.error else ()
                results.refused(write, from_server(errors))

    def _row_write(self, write: Write) -> RowWrite:
        table = self.plan.tables[as_table(write.record["table"])]
        fields = table.by_name
        beside = Beside.of(write.record)
        body: Json = {
            fields[name].column.name: fields[name].converter.to_dynamics(value)
            for name, value in write.values.items()
            if value is not None
        }
        if beside.carries_id:
            body[DYNAMICS_MARKETO_ID] = write.record["marketo_id"]
        body |= beside.binds()
        return RowWrite("create", table.table, write.record["dynamics_id"], body)

    def _look_up(self, writes: Sequence[Write]) -> dict[str, RowResult]:
        """Return results of the rows that exist under the ids that we made."""
        found: dict[str, RowResult] = {}
        for table in self.plan.tables.values():
            ids = [w.record["dynamics_id"] for w in writes if w.record["table"] == table.table]
            columns = (table.schema.primary_id, "createdon")
            rows = self.engine.dynamics.rows_by_id(table.table, ids, columns) if ids else []
            for row in rows:
                row_id = str(row[table.schema.primary_id]).lower()
                result = RowResult("written", row.get("@odata.etag"), None, row.get("createdon"))
                found[row_id] = result
        return found

    def _belongs_to_other(self, write: Write, answer: RowResult) -> bool:
        """Tell whether another row carries the person's id: the next cycle matches it."""
        if answer.status != "exists":
            return False
        table, person = write.record["table"], str(write.record["marketo_id"])
        rows = self.engine.dynamics.rows_by(table, DYNAMICS_MARKETO_ID, [person], ())
        return bool(rows) and Beside.of(write.record).carries_id

    def _made(self, write: Write, answer: RowResult, changes: StateChanges) -> None:
        engine, cycle = self.engine, self.cycle
        table = self.plan.tables[as_table(write.record["table"])]
        link = link_of(write, cycle, engine, write.record["marketo_id"], "open")
        beside = Beside.of(write.record)
        changes.links.append({**link, "etag": answer.etag})
        changes.base[link["link_id"]] = born_values(table, write.values, beside.filled)
        now = engine.clock.now()
        changes.journal.append(
            event(
                cycle.cycle_id,
                now,
                "created",
                link,
                side="dynamics",
                rule=beside.warning or None,
                made_with=write.values,
            )
        )
        if answer.created_on:
            self.created_on[write.record["dynamics_id"]] = answer.created_on
