"""What a run says about the records that it was asked for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from leadsync.state.memory import MemoryStateStore
from leadsync.state.port import RequestRow
from leadsync_airflow.answering import HELD, SHOWN_ANSWERS, answer_lines, answer_summary

ROW = "7eb682f1-ca75-e511-80d4-00155d2a68d1"
ENGINE: Any = SimpleNamespace(store=MemoryStateStore())


def answered(person: int | None, outcome: str | None, message: str | None = None) -> RequestRow:
    request = {
        "marketo_id": person,
        "dynamics_table": None if person else "lead",
        "dynamics_id": None if person else ROW,
        "status": "done" if outcome else "waiting",
        "outcome": outcome,
        "message": message,
    }
    return cast("RequestRow", request)


def lines(*requests: RequestRow) -> list[str]:
    return list(answer_lines(answer_summary(ENGINE, requests)))


def test_counts_come_first_and_each_record_has_a_line() -> None:
    assert lines(answered(17, "already_linked", "nothing was done"), answered(None, "synced")) == [
        "Asked for 2 records: already linked 1, synced 1.",
        "Person 17: already linked, nothing was done.",
        f"Lead {ROW}: synced.",
    ]


def test_what_waits_is_said_to_wait() -> None:
    told = lines(answered(17, None))
    assert told[:2] == ["Asked for 1 record: waiting 1.", "Person 17: waiting."]
    assert "next cycle of lead_sync" in told[2]


def test_no_values_of_a_held_record_and_no_addresses_are_told() -> None:
    held = answered(17, "quarantined", 'lastname: too long: "Ek-Lindström"')
    refused = answered(18, "refused", "there is no Dynamics user ek@example.com; give an id")
    summary = answer_summary(ENGINE, [held, refused])
    assert [one["message"] for one in summary["requests"]] == [
        HELD,
        "there is no Dynamics user ***@***; give an id",
    ]


def test_many_answers_are_counted_and_cut_short() -> None:
    requests = [answered(person, "synced") for person in range(1, SHOWN_ANSWERS + 4)]
    summary = answer_summary(ENGINE, requests)
    assert summary["outcomes"] == {"synced": SHOWN_ANSWERS + 3}
    assert len(summary["requests"]) == SHOWN_ANSWERS
    assert list(answer_lines(summary))[-1] == "... and 3 more."
