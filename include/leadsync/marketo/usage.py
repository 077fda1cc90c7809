"""How much of the instance's quota is used, by all integrations (reference/marketo-rest.md 15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from leadsync.marketo.session import MarketoSession
from leadsync.model import Json


@dataclass(frozen=True, slots=True)
class Usage:
    """Calls of one day, Central time; ``by_user``: API user name to calls."""

    date: str
    total: int
    by_user: Mapping[str, int] = field(default_factory=dict)


def usage_today(session: MarketoSession) -> Usage | None:
    """Return today's calls; ``None`` when there is no count yet."""
    days = _days(session, "/rest/v1/stats/usage.json")
    return days[-1] if days else None


def usage_last_week(session: MarketoSession) -> list[Usage]:
    """Return the calls of the last seven days."""
    return _days(session, "/rest/v1/stats/usage/last7days.json")


def errors_today(session: MarketoSession) -> dict[str, int]:
    """Return how often each error code was answered today."""
    answer = session.query("/rest/v1/stats/errors.json")
    counts = [entry for item in answer.result for entry in item.get("errors") or ()]
    return {str(entry["errorCode"]): int(entry["count"]) for entry in counts}


def _days(session: MarketoSession, path: str) -> list[Usage]:
    return [_usage(item) for item in session.query(path).result]


def _usage(item: Json) -> Usage:
    users = item.get("users") or ()
    return Usage(
        date=str(item.get("date", "")),
        total=int(item.get("total", 0)),
        by_user={str(user["userId"]): int(user["count"]) for user in users},
    )
