"""Reading of Marketo's answers: HTTP status, envelope, errors (reference/marketo-rest.md 3, 4).

HTTP 200 says nothing: rate limits, refused tokens and failures all come with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

from leadsync.errors import ApiError, RejectedError, ThrottledError, TransientApiError
from leadsync.marketo.codes import error_for
from leadsync.model import Json, RecordError


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer; every member but ``result`` may be missing on the wire.

    :param more: ``moreResult``; ``None`` where the answer does not say.
    """

    result: list[Json] = field(default_factory=list)
    next_token: str | None = None
    more: bool | None = None


def answer_of(response: requests.Response, call: str, now: datetime) -> Answer:
    """Return the answer in ``response``.

    :raises ApiError: of the kind that :mod:`leadsync.marketo.codes` gives its error.
    :raises TransientApiError: gateway failure, or a body that is cut off or no JSON.
    """
    if response.status_code != 200:
        raise http_error(response, call)
    body = _body(response, call)
    errors = record_errors(body.get("errors"))
    if body.get("success") is not True:
        raise error_for(errors or [RecordError("", "refused without a reason")], call, now)
    result = body.get("result")
    token = body.get("nextPageToken")
    more = body.get("moreResult")
    return Answer(
        result=[item for item in result if isinstance(item, dict)]
        if isinstance(result, list)
        else [],
        next_token=token if isinstance(token, str) and token else None,
        more=more if isinstance(more, bool) else None,
    )


def record_errors(items: Any) -> list[RecordError]:
    """Return ``errors`` or ``reasons`` of an answer or a record; codes as text."""
    if not isinstance(items, Iterable) or isinstance(items, str):
        return []
    return [
        RecordError(str(item.get("code", "")), str(item.get("message", "")))
        for item in items
        if isinstance(item, dict)
    ]


def errors_of(item: Json) -> tuple[RecordError, ...]:
    """Return why a record was refused: ``reasons``, or ``errors`` of custom activities."""
    return (*record_errors(item.get("reasons")), *record_errors(item.get("errors")))


def http_error(response: requests.Response, call: str) -> ApiError:
    """Return the error for an HTTP status other than success."""
    status, code = response.status_code, str(response.status_code)
    if status == 429:
        return ThrottledError(
            "too many requests",
            system="marketo",
            call=call,
            code=code,
            retry_after=_seconds(response.headers.get("Retry-After")),
        )
    if status >= 500:
        error = TransientApiError("gateway failure", system="marketo", call=call, code=code)
        error.retry_after = _seconds(response.headers.get("Retry-After"))
        return error
    remedies = {
        413: "The body is too large; send fewer records.",
        414: "The URL is too long; send the query as a form.",
    }
    return RejectedError(
        f"unexpected HTTP status {status}",
        system="marketo",
        call=call,
        code=code,
        remedy=remedies.get(status, "Check the connection's host and what stands before it."),
    )


def _body(response: requests.Response, call: str) -> Json:
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body
    raise TransientApiError(
        "the answer is no JSON object or is cut off; outcome unknown", system="marketo", call=call
    )


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdigit() else None
