"""A call as the Marketo endpoints see it: parameters from query and form, JSON body, user."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from leadsync_sandbox.common.calls import Call
from leadsync_sandbox.marketo.envelope import Json, MarketoError

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Request:
    """One accepted call.

    :param parameters: query parameters, then form parameters, in order.
    :param path: named parts of the path.
    :param content: the JSON body, or ``None``.
    :param user: the API-only user behind the token.
    """

    call: Call
    parameters: list[tuple[str, str]]
    user: str
    now: datetime
    path: dict[str, str] = field(default_factory=dict)
    content: Any = None

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return a parameter's last value."""
        values = self.all(name)
        return values[-1] if values else default

    def all(self, name: str) -> list[str]:
        """Return all values of a parameter."""
        return [value for key, value in self.parameters if key == name]

    def required(self, name: str) -> str:
        """Return a parameter that must be there and not blank.

        :raises MarketoError: 1002.
        """
        value = self.get(name)
        if value is None or not value.strip():
            raise MarketoError("1002", f"Missing value for the required parameter '{name}'")
        return value

    def listed(self, name: str) -> list[str]:
        """Return the parts of a parameter given as comma list or repeated."""
        return [part for value in self.all(name) for part in value.split(",") if part]

    def integers(self, name: str) -> list[int]:
        """Return :meth:`listed` as integers.

        :raises MarketoError: 1001.
        """
        return [integer(name, part) for part in self.listed(name)]

    def batch_size(self, most: int = 300) -> int:
        """Return ``batchSize``, at most and by default ``most``.

        :raises MarketoError: 1001 for no positive integer, 1003 above ``most``.
        """
        text = self.get("batchSize")
        if text is None:
            return most
        size = integer("batchSize", text)
        if not 1 <= size <= most:
            raise MarketoError("1003", f"batchSize must be between 1 and {most}")
        return size

    def body(self) -> Json:
        """Return the JSON body as an object.

        :raises MarketoError: 609 when it is none.
        """
        if not isinstance(self.content, dict):
            raise MarketoError("609", "Invalid JSON")
        return self.content

    def records(self, limit_code: str, most: int = 300) -> list[Json]:
        """Return ``input`` of the JSON body: 1 to ``most`` objects.

        :raises MarketoError: 1002 when it is missing, 1003 when it is no list of objects,
            ``limit_code`` when it is too long.
        """
        found = self.body().get("input")
        if not found:
            raise MarketoError("1002", "Missing value for the required parameter 'input'")
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise MarketoError("1003", "Invalid value for 'input': expected a list of objects")
        if len(found) > most:
            raise MarketoError(limit_code, f"Batch of {len(found)} exceeds the maximum of {most}")
        return found


Handler = Callable[[Any, Request], Any]


def integer(name: str, text: Any) -> int:
    """Read an integer parameter.

    :raises MarketoError: 1001.
    """
    try:
        return int(str(text))
    except ValueError as problem:
        raise MarketoError(
            "1001", f"Invalid value '{text}'. Required of type 'Integer' for '{name}'"
        ) from problem


def content_type(call: Call) -> str:
    """Return the media type without parameters, in lower case."""
    return call.headers.get("content-type", "").split(";")[0].strip().lower()


def form_parameters(call: Call) -> list[tuple[str, str]]:
    """Return the parameters of a form-urlencoded body."""
    if content_type(call) != FORM:
        return []
    return parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)


def parse_json(body: bytes) -> Any:
    """Parse a JSON body strictly.

    :raises MarketoError: 609.
    """
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except ValueError as problem:
        raise MarketoError("609", "Invalid JSON") from problem


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
