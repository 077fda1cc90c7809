"""Paths of the instance: which method, permission and body each endpoint takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from leadsync_sandbox.marketo.envelope import MarketoError
from leadsync_sandbox.marketo.instance import Instance
from leadsync_sandbox.marketo.request import Request

Handler = Callable[[Instance, Request], Any]
Body = Literal["none", "json", "optional_json", "any", "multipart", "form"]


_PART = re.compile(r"\\{(\w+)(?::(\w+))?\\}")


def _named(match: re.Match[str]) -> str:
    name, word = match.groups()
    return f"(?P<{name}>{word or '[^/]+?'})"


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint.

    :param path: such as ``/rest/v1/lead/{id}.json``; ``{kind:companies}`` matches only that word.
    :param body: ``json``: JSON required; ``optional_json``: the content type is required (612),
        an empty body is fine; ``any``: nothing is required.
    :param writes: counted as a write.
    """

    method: str
    path: str
    handler: Handler
    permission: str
    body: Body = "none"
    writes: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(_PART.sub(_named, re.escape(self.path)))


class Router:
    """Finds the endpoint of a call."""

    def __init__(self, routes: list[Route]) -> None:
        self._routes = [(route.pattern, route) for route in routes]

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the endpoint and the named parts of its path.

        :raises MarketoError: 610 for an unknown path, 605 for a wrong method.
        """
        known = False
        for pattern, route in self._routes:
            match = pattern.fullmatch(path)
            known = known or match is not None
            if match is not None and route.method == method:
                return route, match.groupdict()
        if known:
            raise MarketoError("605", f"Request method '{method}' not supported")
        raise MarketoError("610", "Requested resource not found")
