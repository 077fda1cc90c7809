"""What both load stages share: batches with intents before and results after each call.

Intents are stored before a batch goes out; after it, links, base, journal and intents are stored
in one transaction. A rerun skips what is done and repeats the rest, which is safe: updates are
repeated by value, creates by our own id (semantics.md 4, S007).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadsync.clock import parse_instant
from leadsync.cycle.carried import POSTPONED
from leadsync.cycle.context import Cycle, Engine, batches, held_lease
from leadsync.cycle.decide.breaker import Breaker
from leadsync.cycle.decide.claimed import CONSENT_SUFFIX
from leadsync.cycle.initial.judged import keep_judged
from leadsync.cycle.match.row_creations import OWNER, Beside
from leadsync.cycle.quarantine.quarantining import fingerprint, quarantine_rows, quarantined
from leadsync.frames import Rows
from leadsync.model import Json, System
from leadsync.state.port import (
    IntentRow,
    JournalRow,
    LinkRow,
    StateChanges,
    Values,
)

#: What became of one write. ``state`` is a terminal state; ``operation`` is ``created`` or
#: ``updated`` when it was applied.
RESULTS = ("record_key", "state", "operation", "reason")


@dataclass(frozen=True, slots=True)
class Write:
    """One accepted record on its way out."""

    record: dict[str, Any]
    values: Values
    intent_id: str

    @property
    def key(self) -> str:
        return str(self.record["record_key"])

    @property
    def operation(self) -> str:
        return str(self.record["operation"])


@dataclass(slots=True)
class Results:
    """Outcomes collected over all batches of a stage."""

    rows: list[Json] = field(default_factory=list)
    quarantine: list[Json] = field(default_factory=list)
    refused_writes: list[Write] = field(default_factory=list)

    def applied(self, write: Write, operation: str) -> None:
        """The write went through."""
        self._add(write, "applied", operation)

    def deferred(self, write: Write, reason: str) -> None:
        """The write waits for the next cycle."""
        self._add(write, "deferred", reason=reason)

    def refused(self, write: Write, failures: Sequence[Any]) -> None:
        """The server refused the values for good."""
        self.refused_writes.append(write)
        self._add(write, "quarantined", reason="refused by the server")
        field = OWNER if write.operation == "assign" else None
        record = {**write.record, "record_key": write.key.removesuffix(f":{OWNER}")}
        self.quarantine.append(quarantined(record, write.values, failures, field=field))

    def _add(self, write: Write, state: str, operation: str = "", reason: str = "") -> None:
        self.rows.append(
            {
                "record_key": write.key,
                "state": state,
                "operation": operation,
                "reason": reason,
            }
        )


@dataclass(slots=True)
class Loader:
    """Runs one system's writes in batches.

    :param size: writes in one batch.
    :param send: makes the call for one batch.
    :param record: turns one batch's answer into state changes and results.
    :param breaker: counts what the server refuses.
    :param urgent: keys of records that are written however long it takes.
    :ivar patient: plain updates that are not urgent wait for the next cycle when this one's time is
        over.
    :ivar unanswered: intents that an earlier try has sent without an answer.
    """

    engine: Engine
    cycle: Cycle
    side: System
    size: int
    send: Callable[[Sequence[Write]], Sequence[Any]]
    record: Callable[[Sequence[Write], Sequence[Any], StateChanges, Results], None]
    breaker: Breaker
    urgent: Collection[str] = ()
    patient: bool = False
    results: Results = field(default_factory=Results)
    unanswered: set[str] = field(default_factory=set)

    def run(self, writes: Sequence[Write]) -> None:
        """Send what is not done yet, and store the outcome of each batch as it arrives."""
        if not writes:
            return
        sent = self.engine.store.intents(self.cycle.cycle_id, self.side)
        self.unanswered = {intent for intent, status in sent.items() if status == "pending"}
        done = {intent for intent, status in sent.items() if status in ("done", "unlinked")}
        for write in writes:
            if write.intent_id in done:
                operation = "created" if write.operation == "create" else "updated"
                self.results.applied(write, operation)
        waiting = [write for write in writes if write.intent_id not in done]
        groups = list(batches(waiting, self.size))
        for group, answers in self.engine.in_parallel(self._send, groups):
            self._store(group, answers)
        self._stop_when_tripped()

    def _stop_when_tripped(self) -> None:
        """Send nothing more once the server has refused too many (S124)."""
        self.breaker.check("writing has stopped; what was accepted before is recorded")

    def finish(self) -> Json:
        """Write the frames of results and quarantine, and return counts for the log."""
        keep_judged(self.engine, self.cycle, f"server {self.side}", self.breaker.tally)
        return write_results(self.engine, self.cycle, self.side, self.results)

    def _send(self, group: Sequence[Write]) -> tuple[Sequence[Write], Sequence[Any] | None]:
        """Send a batch; ``None`` instead of answers when it is left to the next cycle (S119)."""
        self._stop_when_tripped()
        if self.patient and self._time_is_over() and all(map(self._can_wait, group)):
            return group, None
        lease = held_lease(self.engine, self.cycle)
        now = self.engine.clock.now()
        intents = [self._intent(write, "pending", now) for write in group]
        self.engine.store.apply(StateChanges(intents=intents), lease=lease)
        return group, self.send(group)

    def _can_wait(self, write: Write) -> bool:
        return write.operation == "update" and write.key not in self.urgent

    def _time_is_over(self) -> bool:
        spent = self.engine.clock.now() - self.cycle.opened_at
        return spent.total_seconds() > self.engine.settings.cycle_seconds

    def _store(self, group: Sequence[Write], answers: Sequence[Any] | None) -> None:
        if answers is None:
            for write in group:
                self.results.deferred(write, POSTPONED)
            return
        changes = StateChanges()
        before, refused = len(self.results.rows), len(self.results.quarantine)
        self.record(group, answers, changes, self.results)
        states = {row["record_key"]: row["state"] for row in self.results.rows[before:]}
        passed = (write.record for write in group if states[write.key] != "quarantined")
        self.breaker.count(passed, self.results.quarantine[refused:])
        now = self.engine.clock.now()
        changes.intents = [self._intent(w, self._status(w, states[w.key]), now) for w in group]
        self.engine.store.apply(changes, lease=held_lease(self.engine, self.cycle))

    def _status(self, write: Write, state: str) -> str:
        """Return an intent's status; a record whose making is in doubt is asked for again (S027).

        A refusal says nothing about an earlier try whose answer never came: what that one wrote is
        no user's change (P3).
        """
        in_doubt = state == "quarantined" and write.intent_id in self.unanswered
        if self.side == "dynamics" and (state, write.operation) == ("applied", "link"):
            return "unlinked"
        unmade = state == "deferred" and self.side == "dynamics" and write.operation == "create"
        return "pending" if in_doubt or unmade else _INTENT_STATUS[state]

    def _intent(self, write: Write, status: Any, now: datetime) -> IntentRow:
        record = write.record
        return IntentRow(
            intent_id=write.intent_id,
            cycle_id=self.cycle.cycle_id,
            side=self.side,
            operation=write.operation,
            dynamics_table=record["table"],
            marketo_id=record["marketo_id"],
            dynamics_id=record["dynamics_id"],
            body=_body(write),
            status=status,
            updated_at=now,
        )


def _body(write: Write) -> Json:
    """Return what a later cycle needs to know of a write whose answer never came."""
    beside = Beside.of(write.record)
    more = {"filled": beside.filled, "totals": beside.totals}
    return {"values": write.values, **{name: value for name, value in more.items() if value}}


_INTENT_STATUS = {"applied": "done", "deferred": "deferred", "quarantined": "refused"}


def write_results(engine: Engine, cycle: Cycle, side: System, results: Results) -> Json:
    """Write a side's frames of results and quarantine, and return counts for the log."""
    staging, cycle_id = engine.staging, cycle.cycle_id
    staging.write_rows(cycle_id, f"{side}_results", Rows(RESULTS, results.rows))
    staging.write_rows(cycle_id, f"{side}_refused", quarantine_rows(results.quarantine))
    summary: Json = {}
    for row in results.rows:
        name = row["operation"] or row["state"]
        summary[name] = summary.get(name, 0) + 1
    return summary


def read_writes(engine: Engine, cycle: Cycle, side: System) -> list[Write]:
    """Read a side's accepted writes."""
    writes = engine.staging.read_rows(cycle.cycle_id, f"{side}_writes")
    return [
        Write(record, values, intent_id(cycle, side, record, values))
        for record, values in writes.pairs()
    ]


def read_decisions(engine: Engine, cycle: Cycle, side: System) -> dict[str, list[Json]]:
    """Read a side's field decisions by record key."""
    decisions: dict[str, list[Json]] = defaultdict(list)
    for row in engine.staging.read_rows(cycle.cycle_id, "decisions").records:
        if row["side"] == side:
            decisions[row["record_key"]].append(row)
    return decisions


def clashing(decisions: Mapping[str, Sequence[Json]]) -> set[str]:
    """Return the records about which a rule decided: the other side's value is known only now."""
    return {key for key, rows in decisions.items() if any(r["kind"] != "written" for r in rows)}


def staged_links(engine: Engine, cycle: Cycle) -> list[LinkRow]:
    """Return the links that the merge opened, stopped, closed or saw a new ETag of."""
    return [
        LinkRow(
            link_id=row["link_id"],
            marketo_id=row["marketo_id"],
            dynamics_table=row["dynamics_table"],
            dynamics_id=row["dynamics_id"],
            status=row["status"],
            etag=row["etag"],
            cycle_id=row["cycle_id"],
            updated_at=parse_instant(row["updated_at"]),
        )
        for row in engine.staging.read_rows(cycle.cycle_id, "links").records
    ]


def intent_id(cycle: Cycle, side: System, record: Json, values: Values) -> str:
    """Return the id of a write: the same for the same write of the same cycle."""
    parts = (cycle.cycle_id, side, record["record_key"], fingerprint(record["operation"], values))
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def link_of(write: Write, cycle: Cycle, engine: Engine, marketo_id: int, status: Any) -> LinkRow:
    """Make the link row that a successful write stores."""
    return LinkRow(
        link_id=write.record["link_id"],
        marketo_id=marketo_id,
        dynamics_table=write.record["table"],
        dynamics_id=write.record["dynamics_id"],
        status=status,
        etag=write.record["etag"],
        cycle_id=cycle.cycle_id,
        updated_at=engine.clock.now(),
    )


def journal_of(
    write: Write, decisions: dict[str, list[Json]], cycle: Cycle, engine: Engine
) -> list[JournalRow]:
    """Return the journal rows of a write's field decisions, for the fields that were written.

    They tell what was sent, which is not what was decided when a value was cut.
    """
    now = engine.clock.now()
    return [
        JournalRow(
            cycle_id=cycle.cycle_id,
            at=now,
            kind=row["kind"],
            side=row["side"],
            dynamics_table=row["table"],
            marketo_id=row["marketo_id"],
            dynamics_id=row["dynamics_id"],
            field=row["field"],
            base=row["base"],
            marketo=row["marketo"] if row["side"] == "marketo" else write.values[row["field"]],
            dynamics=row["dynamics"] if row["side"] == "dynamics" else write.values[row["field"]],
            winner=row["winner"],
            rule=row["rule"],
        )
        for row in decisions.get(write.key.removesuffix(CONSENT_SUFFIX), ())
        if row["field"] in write.values
    ]
