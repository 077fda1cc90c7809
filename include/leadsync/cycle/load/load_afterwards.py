"""What happens to rows beside their values, after everything else: a new owner, qualification.

Neither depends on the row's values, so no third change can be overwritten: no ETag is checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.load.loading import Results, Write
from leadsync.cycle.match.row_creations import Beside
from leadsync.cycle.quarantine.quarantining import from_server
from leadsync.cycle.work import event
from leadsync.errors import RejectedError
from leadsync.model import RecordError, RowResult, RowWrite
from leadsync.state.port import LIVE, JournalRow, LinkRow, StateChanges

_OPEN_LEAD = 0
_EVENTS = {"assign": "assigned", "qualify": "qualified"}


@dataclass(frozen=True, slots=True)
class Afterwards:
    """Sends and records assignments and qualifications of one cycle."""

    engine: Engine
    cycle: Cycle

    def send(self, group: Sequence[Write]) -> list[RowResult]:
        """Do what the writes ask for, owners in one batch."""
        assigned = [write for write in group if write.operation == "assign"]
        rows = [_assignment(write) for write in assigned]
        answers = self.engine.dynamics.write_rows(rows) if rows else []
        results = dict(zip((write.key for write in assigned), answers, strict=True))
        for write in group:
            if write.operation == "qualify":
                results[write.key] = self._qualify(write)
        return [results[write.key] for write in group]

    def _qualify(self, write: Write) -> RowResult:
        """Qualify a lead unless that was done: a lost answer may hide a success (S017)."""
        row_id = write.record["dynamics_id"]
        found = self.engine.dynamics.rows_by_id("lead", [row_id], ("leadid", "statecode"))
        if not found:
            return RowResult("missing")
        if found[0].get("statecode") == _OPEN_LEAD:
            try:
                self.engine.dynamics.qualify_lead(row_id, account=False, contact=True)
            except RejectedError as error:
                return RowResult("rejected", error=RecordError(error.code, error.detail))
        return RowResult("written")

    def record(
        self,
        group: Sequence[Write],
        answers: Sequence[RowResult],
        changes: StateChanges,
        results: Results,
    ) -> None:
        """Journal what was done; the row's new version is learnt from the next read."""
        links = self._links(group)
        for write, answer in zip(group, answers, strict=True):
            if answer.status == "written":
                link = links.get(write.record["link_id"])
                if link is not None:
                    changes.journal.append(self._event(write, link))
                if link is not None and answer.etag:
                    changes.links.append({**link, "etag": answer.etag})
                results.applied(write, "updated")
            elif answer.status == "conflict":
                results.deferred(write, "Dynamics did not say whether it was done")
            else:
                results.refused(write, from_server(_errors(answer)))

    def _links(self, group: Sequence[Write]) -> dict[str, LinkRow]:
        persons = [write.record["marketo_id"] for write in group]
        stored = self.engine.store.links_of_persons(persons)
        return {link["link_id"]: link for link in stored if link["status"] in LIVE}

    def _event(self, write: Write, link: LinkRow) -> JournalRow:
        kind, now = _EVENTS[write.operation], self.engine.clock.now()
        rule = Beside.of(write.record).assign_to
        return event(self.cycle.cycle_id, now, kind, link, side="dynamics", rule=rule)


def _assignment(write: Write) -> RowWrite:
    record = write.record
    return RowWrite("update", record["table"], record["dynamics_id"], Beside.of(record).binds())


def _errors(answer: RowResult) -> tuple[RecordError, ...]:
    return (answer.error or RecordError("404", "the record no longer exists in Dynamics"),)
