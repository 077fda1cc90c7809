"""What holds for quarantine items under any sequence of cycles and decisions."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from leadsync.cycle.carried import Unfinished
from leadsync.cycle.quarantine.quarantine_commit import QuarantineKeeper
from leadsync.cycle.quarantine.quarantining import from_server, quarantined
from leadsync.model import RecordError
from leadsync.review.decide import decide_items
from leadsync.state.memory import MemoryStateStore
from leadsync.state.port import StateChanges
from leadsync.state.rows import WAITING
from support.manual_clock import ManualClock

PERSONS = st.integers(1, 3)
STATUS_AFTER = {"opened": "open", "failed_again": "open"}
TRIES = ("opened", "failed_again")


class Life(RuleBasedStateMachine):
    """Cycles that fail, defer and finish records, and people who decide in between."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryStateStore()
        self.clock = ManualClock()
        self.ids = map("item-{}".format, itertools.count(1))
        self.seen: dict[str, str] = {}

    @rule(
        ends=st.dictionaries(
            PERSONS,
            st.sampled_from(
                ["quarantined", "deferred", "applied", "unchanged", "out_of_scope", "ended"]
            ),
        ),
        rules=st.sampled_from(["a", "b"]),
        title=st.sampled_from(["x", "y"]),
    )
    def cycle(self, ends: dict[int, str], rules: str, title: str) -> None:
        self.clock.advance(60)
        failed = [
            {**item, "failures": from_server((RecordError("1003", "no"),)), "row": {}}
            for person, end in ends.items()
            if end == "quarantined"
            for item in [quarantined(record(person), {"title": title}, [])]
        ]
        keys = {person: record(person)["record_key"] for person in ends}
        endings = {keys[p]: "deactivate" for p, end in ends.items() if end == "ended"}
        outcomes = [
            {"record_key": keys[p], "state": "applied" if end == "ended" else end, "reason": ""}
            for p, end in ends.items()
        ]
        keeper = QuarantineKeeper(
            "c", rules, self.clock.now(), lambda: next(self.ids), self.pending(), endings
        )
        changes = StateChanges()
        keeper.add_to(changes, failed, outcomes)
        self.store.apply(changes, lease=None)

    @rule(decision=st.sampled_from(["released", "discarded"]), which=st.integers(0, 2))
    def decide(self, decision: Any, which: int) -> None:
        waiting = self.store.quarantine(statuses=WAITING)
        if waiting:
            item = waiting[which % len(waiting)]["id"]
            decide_items(self.store, self.clock, [item], decision, "somebody")

    def pending(self) -> Unfinished:
        found = Unfinished()
        for item in self.store.quarantine(statuses=WAITING):
            found.quarantine[item["record_key"]].append(item)
        return found

    @invariant()
    def an_end_is_for_ever(self) -> None:
        now: dict[str, str] = {item["id"]: item["status"] for item in self.store.quarantine()}
        assert self.seen.keys() <= now.keys()
        for item, before in self.seen.items():
            assert before in WAITING or now[item] == before, f"{item}: {before} to {now[item]}"
        self.seen = now

    @invariant()
    def a_record_waits_once(self) -> None:
        keys = [item["record_key"] for item in self.store.quarantine(statuses=WAITING)]
        assert len(keys) == len(set(keys))

    @invariant()
    def the_history_tells_status_and_attempts(self) -> None:
        for item in self.store.quarantine():
            kinds = [event["kind"] for event in self.store.quarantine_events([item["id"]])]
            assert kinds[0] == "opened"
            assert STATUS_AFTER.get(kinds[-1], kinds[-1]) == item["status"]
            assert item["attempts"] == sum(kind in TRIES for kind in kinds)


def record(person: int) -> dict[str, Any]:
    return {
        "record_key": f"to_dynamics:{person}",
        "operation": "update",
        "table": "lead",
        "marketo_id": person,
        "dynamics_id": None,
        "beside": None,
    }


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=15, deadline=None)
