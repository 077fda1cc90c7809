"""Write to records that a merge or deletion on the other side left over, after everything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.load.loading import Loader, Results, Write, link_of
from leadsync.cycle.match.row_creations import Beside
from leadsync.cycle.quarantine.quarantining import from_server
from leadsync.cycle.work import event
from leadsync.errors import RejectedError
from leadsync.model import PersonResult, RecordError, RowResult, RowWrite
from leadsync.state.port import JournalRow, StateChanges

#: state of a closed row; the server picks that state's own status reason
#: (reference/dataverse-webapi.md 8.2).
CLOSED = {"lead": 2, "contact": 1}
_NOT_FOUND = "1004"
_KINDS = {"deactivate": "deactivated", "merge": "merged"}


def end_rows(loader: Loader, writes: Sequence[Write]) -> None:
    """Close rows in full batches, and merge rows one by one."""
    engine = loader.engine
    loader.record = _RowRecorder(engine, loader.cycle)
    loader.send = lambda group: engine.dynamics.write_rows([_closing(write) for write in group])
    loader.run([write for write in writes if write.operation == "deactivate"])
    loader.send = lambda group: [_merge_rows(engine, write) for write in group]
    loader.size = 1
    for merges in _rounds(writes):
        loader.run(merges)


def merge_persons(loader: Loader, writes: Sequence[Write]) -> None:
    """Merge persons one by one, those of one winner in their order: totals build on it (S097)."""
    engine, cycle = loader.engine, loader.cycle

    def record(
        group: Sequence[Write],
        answers: Sequence[PersonResult],
        changes: StateChanges,
        results: Results,
    ) -> None:
        for write, answer in zip(group, answers, strict=True):
            if answer.status == "skipped":
                results.refused(write, from_server(answer.errors))
            else:
                changes.journal.append(_journal(engine, cycle, write, "marketo"))
                results.applied(write, "updated")

    loader.record = record
    loader.send = lambda group: [_merge_person(engine, write) for write in group]
    loader.size = 1
    for merges in _rounds(writes):
        loader.run(merges)


def _rounds(writes: Sequence[Write]) -> list[list[Write]]:
    """Return the merges in rounds, in none of which a winner takes in two."""
    rounds: list[list[Write]] = []
    taken_in: Counter[str] = Counter()
    for write in writes:
        if write.operation == "merge":
            number = taken_in[write.record["into"]]
            if number == len(rounds):
                rounds.append([])
            rounds[number].append(write)
            taken_in[write.record["into"]] += 1
    return rounds


def _closing(write: Write) -> RowWrite:
    record = write.record
    body = {"statecode": CLOSED[record["table"]]}
    return RowWrite("update", record["table"], record["dynamics_id"], body, record["etag"])


def _merge_rows(engine: Engine, write: Write) -> RowResult:
    record = write.record
    return engine.dynamics.merge_rows(record["table"], record["into"], record["dynamics_id"])


def _merge_person(engine: Engine, write: Write) -> PersonResult:
    """Merge a person unless it is gone: an earlier attempt may have got no answer."""
    winner, loser = int(write.record["into"]), write.record["marketo_id"]
    try:
        engine.marketo.merge_persons(winner, [loser])
    except RejectedError as error:
        if error.code != _NOT_FOUND or engine.marketo.persons("id", [str(loser)], ("id",)):
            return PersonResult("skipped", errors=(RecordError(error.code, error.detail),))
    totals = Beside.of(write.record).totals
    if not totals:
        return PersonResult("updated", winner)
    [result] = engine.marketo.sync_persons("updateOnly", "id", [{"id": winner, **totals}])
    return result


class _RowRecorder:
    """Stores what became of rows that were closed or merged."""

    def __init__(self, engine: Engine, cycle: Cycle) -> None:
        self._engine, self._cycle = engine, cycle

    def __call__(
        self,
        group: Sequence[Write],
        answers: Sequence[RowResult],
        changes: StateChanges,
        results: Results,
    ) -> None:
        for write, answer in zip(group, answers, strict=True):
            if answer.status == "written":
                changes.journal.append(_journal(self._engine, self._cycle, write, "dynamics"))
                results.applied(write, "updated")
            elif answer.status == "conflict":
                results.deferred(write, "changed in Dynamics while the cycle ran")
            elif answer.status == "missing" and write.operation == "deactivate":
                results.deferred(write, "the record no longer exists in Dynamics")
            else:
                results.refused(write, from_server((answer.error,) if answer.error else ()))


def _journal(engine: Engine, cycle: Cycle, write: Write, side: str) -> JournalRow:
    link = link_of(write, cycle, engine, write.record["marketo_id"], "merged")
    into = write.record["into"]
    kind, rule = _KINDS[write.operation], f"into {into}" if into else None
    return event(cycle.cycle_id, engine.clock.now(), kind, link, side=side, rule=rule)
