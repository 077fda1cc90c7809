"""Position tokens: pages of one query (reference/marketo-rest.md 3.4)."""

from __future__ import annotations

from collections.abc import Mapping

from leadsync.marketo.session import MarketoSession
from leadsync.marketo.timeouts import DEFAULT, Timeout
from leadsync.model import Json


def all_pages(
    session: MarketoSession, path: str, params: Mapping[str, str], timeout: Timeout = DEFAULT
) -> list[Json]:
    """Return the items of all pages; the other parameters stay identical from page to page."""
    items: list[Json] = []
    token: str | None = None
    while True:
        position = {"nextPageToken": token} if token else {}
        answer = session.query(path, {**params, **position}, timeout)
        items += answer.result
        token = answer.next_token
        if token is None or not answer.result or answer.more is False:
            return items
