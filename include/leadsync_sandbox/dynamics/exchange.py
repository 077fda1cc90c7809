"""A request to the Web API, alone or as a part of a batch, and helpers for its answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, unquote_plus

from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.dynamics.errors import ApiError, query_error
from leadsync_sandbox.dynamics.preferences import Preferences, parse_preferences

JSON_TYPE = "application/json; odata.metadata=minimal"
_SEGMENT = re.compile(r"([^/(]+)(?:\(((?:'(?:[^']|'')*'|[^()'])*)\))?(/|$)")


@dataclass(frozen=True)
class Request:
    """One operation.

    :param path: path behind the service root, as sent, without a leading slash.
    :param query: query string as sent.
    :param headers: by lower-case name.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def preferences(self) -> Preferences:
        return parse_preferences(self.headers)

    @property
    def parameters(self) -> dict[str, str]:
        """Query options, decoded."""
        parts = (part.partition("=") for part in self.query.split("&") if part)
        return {unquote_plus(name): unquote_plus(value) for name, _, value in parts}

    @property
    def segments(self) -> list[tuple[str, str | None]]:
        """Path segments, decoded: name and what stands in parentheses.

        :raises ApiError: 400 for a path that is none.
        """
        text = unquote(self.path)
        found: list[tuple[str, str | None]] = []
        position = 0
        while position < len(text):
            matched = _SEGMENT.match(text, position)
            if not matched:
                raise query_error(f"Resource not found for the segment '{text[position:]}'.", 404)
            found.append((matched[1], matched[2]))
            position = matched.end()
        return found


def json_reply(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Return ``content`` as the service writes JSON."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    return Answer(
        status, {"Content-Type": JSON_TYPE, "OData-Version": "4.0", **(headers or {})}, body
    )


def empty_reply(headers: Mapping[str, str] | None = None) -> Answer:
    """Return 204."""
    return Answer(204, {"OData-Version": "4.0", **(headers or {})})


def error_reply(error: ApiError, preferences: Preferences, upper_case: bool = False) -> Answer:
    """Return an error; its annotations only for a client that asked for all of them."""
    content = error.body("*" in preferences.annotations)
    if upper_case:
        content["error"]["code"] = "0x" + error.code[2:].upper()
    answer = json_reply(content, error.status, error.headers)
    return Answer(answer.status, answer.headers, answer.body, errors=(error.code,))
