"""A call as the stand-ins see it, and its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP request, read in full.

    :param path: percent-decoded path.
    :param raw_path: path as it was sent, without the query.
    :param raw_query: query string as it was sent.
    :param running: calls under way when this one came in, itself included; token calls left out.
    :param activity_lag: seconds after which the activities that this call causes become visible.
    """

    method: str
    path: str
    raw_path: str
    raw_query: str
    headers: Headers
    body: bytes
    base_url: str = ""
    running: int = 0
    activity_lag: float = 0.0

    @property
    def query(self) -> list[tuple[str, str]]:
        """Query parameters in order, decoded as a form (``+`` is a blank)."""
        return parse_qsl(self.raw_query, keep_blank_values=True)

    @property
    def target_length(self) -> int:
        """Length in bytes of path and query as sent."""
        return len(self.raw_path) + len(self.raw_query) + (1 if self.raw_query else 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response.

    :param errors: the system's error codes in it, for the journal.
    :param complaints: what the client did against the protocol, for the journal.
    :param counts: further call counters to raise, such as operations in a batch.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    errors: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


def json_answer(content: Any, *, status: int = 200, errors: tuple[str, ...] = ()) -> Answer:
    """Return ``content`` as compact UTF-8 JSON."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    return Answer(status, {"Content-Type": "application/json;charset=UTF-8"}, body, errors)
