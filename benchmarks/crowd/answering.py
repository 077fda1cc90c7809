"""Endpoints of the generated systems."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

Answering = Callable[[Request, bytes], Response]


def answering(answer: Answering) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that reads the body and answers in a thread."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(answer, request, await request.body())

    return endpoint
