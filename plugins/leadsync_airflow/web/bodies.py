"""Reads bodies of requests, up to a bound."""

from __future__ import annotations

from fastapi import HTTPException, Request


async def bounded_body(request: Request, most_bytes: int) -> bytes:
    """Return the body.

    :raises HTTPException: 413 for one of more than ``most_bytes``, which is not read further.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most_bytes:
        raise HTTPException(413, "The body is too large")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise HTTPException(413, "The body is too large")
    return bytes(body)
