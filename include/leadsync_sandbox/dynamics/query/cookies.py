"""Paging cookies: opaque and encoded twice, as the service writes them (section 4.2)."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import quote, unquote

from leadsync_sandbox.dynamics.errors import ApiError

_OUTER = re.compile(
    r'<cookie pagenumber="(\d+)" pagingcookie="([^"<>]*)" istracking="(True|False)" />'
)
_INNER = re.compile(r'<cookie page="\d+"><position last="([\w\-=]+)" /></cookie>')


def write_cookie(page: int, state: dict[str, Any], tracking: bool = False) -> str:
    """Return the encoded ``$skiptoken`` value that leads to ``page`` (from 2)."""
    packed = base64.urlsafe_b64encode(json.dumps(state).encode()).decode()
    inner = quote(f'<cookie page="{page - 1}"><position last="{packed}" /></cookie>', safe="")
    outer = f'<cookie pagenumber="{page}" pagingcookie="{inner}" istracking="{tracking}" />'
    return quote(outer, safe="=")


def read_cookie(text: str) -> tuple[int, dict[str, Any]]:
    """Return page number and state of a decoded ``$skiptoken``.

    :raises ApiError: 400 when the cookie was not sent byte for byte.
    """
    outer = _OUTER.fullmatch(text)
    inner = _INNER.fullmatch(unquote(outer[2])) if outer else None
    if not outer or not inner:
        raise ApiError(400, "0x80060888", "Malformed XML in the Paging Cookie")
    state = json.loads(base64.urlsafe_b64decode(inner[1]))
    return int(outer[1]), dict(state)
