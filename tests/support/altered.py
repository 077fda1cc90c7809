"""Answers in other shapes that the references allow, put between a sandbox and the client."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

Alter = Callable[[str, bytes, str], bytes]

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OPTIONAL = {
    "moreResult",
    "warnings",
    "requestId",
    "@odata.context",
    "IsValidODataAttribute",
    "MetadataId",
    "HasChanged",
    "soap",
    "length",
    "numberOfRecords",
}


@contextmanager
def altered(monkeypatch: pytest.MonkeyPatch, alter: Alter) -> Iterator[None]:
    """Pass every answer's body through ``alter(path, body, content type)`` while this is open."""
    send = HTTPAdapter.send

    def changed(
        adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        response = send(adapter, request, **options)
        path = str(request.path_url)
        if "/_control/" not in path and response.content:
            kind = response.headers.get("content-type", "")
            response._content = alter(path, response.content, kind)
        return response

    with monkeypatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", changed)
        yield


def sparse(path: str, body: bytes, kind: str) -> bytes:
    """Leave out what documentation calls optional, and turn the order of members round."""
    activities = "/activities/" in path

    def rebuilt(value: Any) -> Any:
        if isinstance(value, dict):
            kept = {
                name: rebuilt(one)
                for name, one in reversed(value.items())
                if name not in _OPTIONAL or (activities and name == "moreResult")
            }
            deleted = str(value.get("@odata.context", "")).endswith("$deletedEntity")
            return {"@odata.context": value["@odata.context"], **kept} if deleted else kept
        return [rebuilt(one) for one in value] if isinstance(value, list) else value

    return json.dumps(rebuilt(json.loads(body))).encode() if "json" in kind else body


def talkative(path: str, body: bytes, kind: str) -> bytes:
    """Add members that nobody asked for, and empty lists of errors."""

    def widened(value: Any) -> Any:
        if isinstance(value, dict):
            more = {name: widened(one) for name, one in value.items()}
            return {"@odata.surprise": {"a": [None]}, **more}
        return [widened(one) for one in value] if isinstance(value, list) else value

    if "json" not in kind:
        return body
    parsed = json.loads(body)
    empty: dict[str, Any] = {"errors": [], "warnings": []} if parsed.get("success") is True else {}
    return json.dumps({**widened(parsed), **empty}).encode()


def shouting(path: str, body: bytes, kind: str) -> bytes:
    """Write Dynamics' ids in upper case with braces, and its error codes in upper case."""
    if "/api/data/" not in path or "json" not in kind:
        return body

    def loud(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: loud(one, key) for key, one in value.items()}
        if isinstance(value, list):
            return [loud(one) for one in value]
        if name in ("leadid", "contactid", "id") and _GUID.fullmatch(str(value)):
            return f"{{{value.upper()}}}"
        return value.upper() if name == "code" and isinstance(value, str) else value

    return json.dumps(loud(json.loads(body))).encode()


def terse(path: str, body: bytes, kind: str) -> bytes:
    """Answer batches with bare parts, LF alone, no representation and no epilogue."""
    if not kind.startswith("multipart"):
        return body
    text = body.decode().replace("\r\n", "\n").rstrip("\n")
    text = re.sub(r"HTTP/1.1 20[01] \w+\n(?:.+\n)*\n\{.*\}", "HTTP/1.1 204 No Content\n", text)
    return text.encode()
