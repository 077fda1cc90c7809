"""Sending an answer: whole, cut off, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from starlette.types import Message, Receive, Send

from leadsync_sandbox.common.calls import Answer


def _start(answer: Answer, length: int) -> Message:
    headers = {"Content-Length": str(length), **answer.headers}
    if answer.status in (204, 304):
        headers.pop("Content-Length")
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": answer.status, "headers": raw}


async def send_answer(answer: Answer, send: Send) -> None:
    """Send the whole answer."""
    await send(_start(answer, len(answer.body)))
    await send({"type": "http.response.body", "body": answer.body})


async def send_truncated(
    answer: Answer, params: Mapping[str, Any], receive: Receive, send: Send
) -> None:
    """Send only the first part of the body.

    :param params: ``keep`` bytes to send (default half); with ``complete`` the headers fit the cut
        body, so that only its content tells; otherwise the connection is closed too early.
    """
    part = answer.body[: int(params.get("keep", len(answer.body) // 2))]
    if params.get("complete"):
        await send(_start(answer, len(part)))
        await send({"type": "http.response.body", "body": part})
        return
    await send(_start(answer, len(answer.body)))
    await send({"type": "http.response.body", "body": part, "more_body": True})
    await drop_connection(receive, send, flush=True)


async def drop_connection(receive: Receive, send: Send, *, flush: bool = False) -> None:
    """Close the client's connection without another word.

    :param flush: send what was already written first; otherwise the connection is reset.
    """
    transport = cast(Any, send).__self__.transport
    if flush:
        transport.close()
    else:
        transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
