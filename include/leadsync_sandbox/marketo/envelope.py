"""The Lead Database envelope and its errors (reference/marketo-rest.md 3, 4)."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

from leadsync_sandbox.common.calls import Answer, json_answer

Json = dict[str, Any]


class MarketoError(Exception):
    """A failure at response level: the whole call is refused.

    :param code: Marketo's code, a string.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message


class SkippedError(Exception):
    """A failure at record level: this record is skipped, its siblings are not."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.reason = {"code": code, "message": message}


class HttpError(Exception):
    """A failure that Marketo tells by HTTP status and plain text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.answer = Answer(status, {"Content-Type": "text/plain"}, text.encode(), (str(status),))


def request_id(now: datetime) -> str:
    """Return an id such as ``45c1#17d4f0469b3``: random, then milliseconds since 1970 in hex."""
    front = random.randrange(0x10, 0xFFFFF)  # noqa: S311 - no secret
    return f"{front:x}#{int(now.timestamp() * 1000):x}"


def success(now: datetime, members: Json) -> Answer:
    """Return ``{requestId, success: true}`` with what the endpoint adds, and nothing else."""
    return json_answer({"requestId": request_id(now), **members, "success": True})


def failure(now: datetime, code: str, message: str) -> Answer:
    """Return ``{requestId, success: false, errors: [one]}`` with HTTP 200."""
    content = {
        "requestId": request_id(now),
        "success": False,
        "errors": [{"code": code, "message": message}],
    }
    return json_answer(content, errors=(code,))
