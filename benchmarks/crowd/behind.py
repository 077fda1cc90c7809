"""What the generated systems do not answer themselves goes to the stand-in behind them."""

from __future__ import annotations

from urllib.parse import quote

import requests
from starlette.requests import Request
from starlette.responses import Response

SECONDS = 120
#: headers that belong to one connection, or that the other server sets anew.
_OWN = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "date",
        "host",
        "server",
        "transfer-encoding",
    }
)


class Behind:
    """A stand-in with schemas, tokens and accounts, and without people.

    :param url: where it listens; its answers name the address that was asked.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()

    def ask(self, request: Request, body: bytes) -> Response:
        """Pass a call on, and its answer back; a token is asked for by address."""
        named, meant = (
            quote(str(url).rstrip("/"), safe="") for url in (request.base_url, self._url)
        )
        query = f"?{request.url.query}" if request.url.query else ""
        answer = self._session.request(
            request.method,
            f"{self._url}{request.url.path}{query}",
            data=body.replace(named.encode(), meant.encode()),
            headers={name: text for name, text in request.headers.items() if name not in _OWN},
            timeout=SECONDS,
            allow_redirects=False,
        )
        headers = {name: text for name, text in answer.headers.items() if name.lower() not in _OWN}
        return Response(answer.content, answer.status_code, headers)
