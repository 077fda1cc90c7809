"""The ASGI application around a stand-in: reads the call, injects faults, journals, delivers."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from leadsync_sandbox.common.calls import Answer, Call
from leadsync_sandbox.common.delivery import drop_connection, send_answer, send_truncated
from leadsync_sandbox.common.faults import FaultRule
from leadsync_sandbox.common.sandbox import Sandbox

CONTROL_PREFIX = "/_control/"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What goes back to the client: an answer, or a closed connection when it is ``None``."""

    answer: Answer | None
    delay: float = 0.0
    truncate: FaultRule | None = None


class Gate:
    """Serves one stand-in, and its control endpoints under ``/_control/``."""

    def __init__(self, sandbox: Sandbox, control: ASGIApp) -> None:
        self._sandbox = sandbox
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(CONTROL_PREFIX):
            await self._control(scope, receive, send)
            return
        call = await read_call(scope, receive)
        kind = self._sandbox.classify(call)
        with self._sandbox.count_running(kind) as running:
            counted = replace(call, running=running)
            outcome = await run_in_threadpool(self._serve, counted, kind)
            if outcome.delay:
                await anyio.sleep(outcome.delay)
            await _deliver(outcome, receive, send)

    def _serve(self, call: Call, kind: str) -> Outcome:
        started = time.perf_counter()
        faults = self._sandbox.faults.take(call.method, call.path)
        answer = self._answer(call, faults)
        kinds = [fault.kind for fault in faults]
        spent = (time.perf_counter() - started) * 1000
        self._sandbox.journal.record(call, kind, answer, kinds, spent)
        delay = _seconds(faults, "slow")
        if answer is None or not answer.errors:
            delay += self._sandbox.latency(call)
        if "drop_before" in kinds or "drop_after" in kinds:
            return Outcome(None, delay)
        truncate = next((fault for fault in faults if fault.kind == "truncate"), None)
        return Outcome(answer, delay, truncate)

    def _answer(self, call: Call, faults: list[FaultRule]) -> Answer | None:
        if any(fault.kind == "drop_before" for fault in faults):
            return None
        errors = [fault for fault in faults if fault.kind == "error"]
        for fault in errors:
            if not fault.params.get("after"):
                return self._sandbox.error_answer(fault.params)
        self._prepare(faults)
        answer = self._sandbox.answer(replace(call, activity_lag=_seconds(faults, "activity_lag")))
        return self._sandbox.error_answer(errors[0].params) if errors else answer

    def _prepare(self, faults: list[FaultRule]) -> None:
        for fault in faults:
            if fault.kind == "expire_tokens":
                self._sandbox.expire_tokens()
            if fault.kind == "edit_before_write":
                for edit in fault.params.get("edits") or [fault.params["edit"]]:
                    self._sandbox.edit(edit)


def _seconds(faults: list[FaultRule], kind: str) -> float:
    return sum(float(fault.params.get("seconds", 0)) for fault in faults if fault.kind == kind)


async def _deliver(outcome: Outcome, receive: Receive, send: Send) -> None:
    if outcome.answer is None:
        await drop_connection(receive, send)
    elif outcome.truncate is not None:
        await send_truncated(outcome.answer, outcome.truncate.params, receive, send)
    else:
        await send_answer(outcome.answer, send)


async def read_call(scope: Scope, receive: Receive) -> Call:
    """Read a request with its whole body."""
    chunks = []
    more = True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    headers = Headers(scope=scope)
    return Call(
        method=scope["method"],
        path=scope["path"],
        raw_path=scope.get("raw_path", scope["path"].encode()).decode("latin-1"),
        raw_query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=b"".join(chunks),
        base_url=f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}",
    )
