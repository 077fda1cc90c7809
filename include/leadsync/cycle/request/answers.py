"""What requests come to: decided by the merge, completed by what the writes came to.

A request whose record is deferred, or that could not be decided, waits for the next cycle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.request.requests import read_asked
from leadsync.model import Json
from leadsync.state.port import RequestRow

DOCUMENT = "answers"
Outcome = Literal[
    "created",
    "linked",
    "already_linked",
    "synced",
    "assigned",
    "quarantined",
    "refused",
    "ambiguous",
    "missing",
]
#: outcomes that are not what was asked for.
FAILED: tuple[Outcome, ...] = ("quarantined", "refused", "ambiguous", "missing")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request comes to when the records of ``keys`` are written as planned."""

    request_id: str
    outcome: Outcome
    message: str = ""
    keys: tuple[str, ...] = ()


def write_answers(engine: Engine, cycle: Cycle, answers: Sequence[Answer]) -> None:
    """Hand the answers on to the commit."""
    if answers:
        document: Json = {"answers": [asdict(answer) for answer in answers]}
        engine.staging.write_document(cycle.cycle_id, DOCUMENT, document)


def read_answers(engine: Engine, cycle: Cycle) -> list[Answer]:
    """Return the answers as the merge expects them."""
    stored = engine.staging.read_document(cycle.cycle_id, DOCUMENT) or {"answers": ()}
    return [Answer(**{**one, "keys": tuple(one["keys"])}) for one in stored["answers"]]


def answered(
    engine: Engine,
    cycle: Cycle,
    outcomes: Iterable[Mapping[str, Any]],
    quarantined: Iterable[Mapping[str, Any]],
) -> list[RequestRow]:
    """Return the requests that the cycle answers, to be stored with its commit.

    :param outcomes: terminal states, also of writes that are no extracted row, by record key.
    :param quarantined: the cycle's quarantine items, for the reasons.
    """
    answers = read_answers(engine, cycle)
    if not answers:
        return []
    states = {outcome["record_key"]: outcome for outcome in outcomes}
    reasons: dict[str, str] = {}
    for item in quarantined:
        told = "; ".join(f"{f['field']}: {f['message']}" for f in item["failures"])
        reasons[item["item_key"]] = told
    by_id = {request["request_id"]: request for request in read_asked(engine, cycle).requests}
    now = engine.clock.now()
    rows = []
    for answer in answers:
        final = _final(answer, states, reasons)
        if final is not None:
            rows.append(_row(by_id[answer.request_id], final, cycle.cycle_id, now))
    return rows


def _final(
    answer: Answer, states: Mapping[str, Mapping[str, Any]], reasons: Mapping[str, str]
) -> Answer | None:
    """Return the answer after what became of its records; ``None`` when one is deferred."""
    ends = {key: states[key] for key in answer.keys if key in states}
    if any(end["state"] == "deferred" for end in ends.values()):
        return None
    for key, end in ends.items():
        if end["state"] == "quarantined":
            reason = reasons.get(key) or end["reason"]
            return Answer(answer.request_id, "quarantined", reason)
    for end in ends.values():
        if end["state"] == "out_of_scope":
            return Answer(answer.request_id, "refused", end["reason"])
    return answer


def _row(request: RequestRow, answer: Answer, cycle_id: str, now: datetime) -> RequestRow:
    return {
        **request,
        "status": "failed" if answer.outcome in FAILED else "done",
        "outcome": answer.outcome,
        "message": answer.message or None,
        "cycle_id": cycle_id,
        "updated_at": now,
    }
