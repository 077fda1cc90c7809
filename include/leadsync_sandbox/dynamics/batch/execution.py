"""Runs a batch: order, change sets, stopping and going on (section 11.3)."""

from __future__ import annotations

from dataclasses import replace

from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.dynamics.batch.codec import (
    ChangeSet,
    read_batch,
    write_batch,
    write_change_set,
    write_part,
)
from leadsync_sandbox.dynamics.errors import ApiError
from leadsync_sandbox.dynamics.exchange import Request, error_reply
from leadsync_sandbox.dynamics.operations import execute
from leadsync_sandbox.dynamics.session import Session

_LIMIT = 1000


def run_batch(session: Session, request: Request) -> Answer:
    """Return the answer to ``POST $batch``.

    Without ``odata.continue-on-error`` the first failure ends the batch; its status becomes the
    whole answer's status and what follows it has no part.

    :raises ApiError: 400 when the batch itself is malformed or too large.
    """
    items = read_batch(request.headers.get("content-type", ""), request.body)
    count = sum(len(i.requests) if isinstance(i, ChangeSet) else 1 for i in items)
    _require_small(count)
    go_on = request.preferences.continue_on_error
    parts: list[bytes] = []
    errors: list[str] = []
    status = 200
    for item in items:
        if isinstance(item, ChangeSet):
            answer, part = _run_change_set(session, item)
        else:
            answer = _run_alone(session, item)
            part = write_part(answer)
        parts.append(part)
        errors += answer.errors
        if answer.errors and not go_on:
            status = answer.status
            break
    whole = write_batch(status, parts)
    return replace(whole, errors=tuple(errors), counts={"batch_operations": count})


def run_operation(session: Session, request: Request) -> Answer:
    """Run one operation so that a failure leaves nothing behind; failures become answers."""
    try:
        with session.database.savepoint():
            return execute(session, request)
    except ApiError as problem:
        return refusal(session, request, problem)


def refusal(session: Session, request: Request, problem: ApiError) -> Answer:
    """Return the answer that tells an error."""
    return error_reply(problem, request.preferences, session.settings["upper_case_error_codes"])


def _run_alone(session: Session, request: Request) -> Answer:
    session.references.clear()
    if request.path.startswith("$batch"):
        return refusal(session, request, _not_nested())
    return run_operation(session, request)


def _run_change_set(session: Session, change_set: ChangeSet) -> tuple[Answer, bytes]:
    session.references.clear()
    parts: list[bytes] = []
    failing = change_set.requests[0] if change_set.requests else Request("GET", "")
    try:
        with session.database.savepoint():
            for request in change_set.requests:
                failing = request
                _require_change(request)
                answer = execute(session, request)
                parts.append(write_part(answer, request.headers["content-id"]))
    except ApiError as problem:
        answer = refusal(session, failing, problem)
        content_id = failing.headers.get("content-id")
        return answer, write_change_set([write_part(answer, content_id)])
    return Answer(), write_change_set(parts)


def _require_change(request: Request) -> None:
    if request.method == "GET":
        raise ApiError(400, "0x80048d19", "GET operations are not allowed inside a change set.")
    if "content-id" not in request.headers:
        raise ApiError(400, "0x80048d19", "Each operation of a change set needs a Content-ID.")


def _require_small(count: int) -> None:
    if count > _LIMIT:
        raise ApiError(
            400,
            "0x80048d19",
            f"The batch holds {count} operations; the maximum is {_LIMIT}.",
        )


def _not_nested() -> ApiError:
    return ApiError(400, "0x80048d19", "A batch cannot hold another batch.")
