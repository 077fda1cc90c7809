"""What a DAG run was asked for and what became of it: bounded, counted, without personal data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leadsync.redaction import redact

if TYPE_CHECKING:
    from leadsync.cycle.context import Engine
    from leadsync.state.port import RequestRow

#: most answers that a run's result lists; the counts are always of all.
SHOWN_ANSWERS = 1000
#: what a held record says instead of its reasons, which quote values.
HELD = "held; `leadsync quarantine list` shows field, rule and value"


def answer_summary(engine: Engine, requests: Sequence[RequestRow]) -> dict[str, Any]:
    """Return ``{outcomes, requests}``: how many had which outcome, and the answer to each.

    :param requests: as they stand after the cycle; one that waits has the outcome ``waiting``.
    """
    from leadsync.cycle.request.on_request import request_documents

    outcomes = Counter(request["outcome"] or "waiting" for request in requests)
    shown = request_documents(engine, requests[:SHOWN_ANSWERS])
    return {
        "outcomes": dict(sorted(outcomes.items())),
        "requests": [{**document, "message": _message(document)} for document in shown],
    }


def answer_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield the summary as people read it: the counts, and a line per answer."""
    counts = summary["outcomes"]
    total = sum(counts.values())
    told = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in counts.items())
    yield f"Asked for {total} record{'' if total == 1 else 's'}: {told or 'none is left'}."
    for document in summary["requests"]:
        yield _line(document)
    if total > len(summary["requests"]):
        yield f"... and {total - len(summary['requests'])} more."
    if counts.get("waiting"):
        yield "What waits is taken up by the next cycle of lead_sync."


def callback_lines(callbacks: Mapping[str, int]) -> Iterator[str]:
    """Yield how many callbacks went out and what came of them, if there were any."""
    if callbacks:
        told = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in sorted(callbacks.items()))
        yield f"Callbacks to Marketo: {told}."


def _line(document: Mapping[str, Any]) -> str:
    person, row = document["marketo_id"], document["dynamics_id"]
    place = f"{document['table']} {row}" if row else ""
    record = f"Person {person}" if person is not None else place.capitalize()
    outcome = (document["outcome"] or "waiting").replace("_", " ")
    beside = place if person is not None else ""
    return f"{record}: {', '.join(filter(None, [outcome, beside, document['message']]))}."


def _message(document: Mapping[str, Any]) -> str | None:
    if document["outcome"] == "quarantined":
        return HELD
    return redact(document["message"]) if document["message"] else None
