"""How far the sync is: lag, backlog, pace, quotas, incidents, and what is quarantined why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from leadsync.clock import format_instant
from leadsync.http.limits import QuotaUse
from leadsync.model import TABLES, Json
from leadsync.review.picture import daily_picture
from leadsync.state.load_progress import progress_of
from leadsync.state.port import CycleRecord, DeferredRow, QuarantineRow, RequestRow, StateStore
from leadsync.state.rows import WAITING

#: cycles that are looked through for the last full comparison.
RECENT = 100
#: finished cycles from which the pace is taken.
PACED = 20
#: causes of quarantine that are told.
MOST_CAUSES = 10
#: kinds of cycles that bring the sync up to their time.
_MOVING = ("scheduled", "manual")
_DIRECTIONS = ("to_marketo", "to_dynamics")


def status_document(
    store: StateStore,
    now: datetime,
    quota: Mapping[str, QuotaUse],
    used_by_all: Mapping[str, int] | None = None,
) -> Json:
    """Return the state in one document; times in ISO form, spans in seconds.

    :param quota: what we have used of each system's limits.
    :param used_by_all: calls of all integrations today, by system, where a system was asked.
    """
    cycles = store.cycles(limit=RECENT)
    done = [c for c in cycles if c.status == "done" and c.kind in _MOVING]
    lease = store.current_lease("cycle")
    running = lease is not None and lease[0].expires_at > now
    lag = int((now - done[0].reached).total_seconds()) if done else None
    waiting = _Waiting(
        store.deferred(), store.quarantine(statuses=WAITING), store.requests(waiting=True)
    )
    pace = throughput(done[:PACED])
    return {
        **store.counts(),
        **{f"quarantine_{name}": told for name, told in daily_picture(store, now).items()},
        "requests_waiting": len(waiting.requests),
        "lag_seconds": lag,
        "backlog": waiting.by_way(),
        "oldest_waiting": waiting.oldest(now),
        "throughput": pace,
        **_estimate(pace, lag, len(waiting.deferred) + len(waiting.requests)),
        "quota": {
            system: _quota(use, (used_by_all or {}).get(system)) for system, use in quota.items()
        },
        "quarantine_causes": [
            asdict(cause) for cause in store.quarantine_causes(statuses=WAITING)[:MOST_CAUSES]
        ],
        "incidents": [dict(incident) for incident in store.incidents.still_open()],
        "first_load": _first_load(store.cursors()),
        "running": running,
        "held_by": lease[0].owner if lease and running else None,
        "suspended": _reported(done, "suspended"),
        "degraded": _reported(done, "degraded"),
        "last_full_comparison": _last_full_comparison(done),
        "last_cycle": _told(cycles[0]) if cycles else None,
    }


def _first_load(cursors: Mapping[str, str]) -> Json | None:
    """Return how far a first load is that is under way; ``told`` is a line for people."""
    progress = progress_of(cursors)
    return {**asdict(progress), "told": progress.told()} if progress else None


class _Waiting:
    """Everything that waits for a cycle, or for somebody."""

    def __init__(
        self,
        deferred: Sequence[DeferredRow],
        items: Sequence[QuarantineRow],
        requests: Sequence[RequestRow],
    ) -> None:
        self.deferred, self.items, self.requests = deferred, items, requests

    def by_way(self) -> Json:
        """Return ``{direction: {table: {deferred, quarantined}}}``."""
        counts: Json = {
            way: {table: {"deferred": 0, "quarantined": 0} for table in TABLES}
            for way in _DIRECTIONS
        }
        for name, rows in (("deferred", self.deferred), ("quarantined", self.items)):
            for row in rows:
                counts[row["direction"]][row["dynamics_table"]][name] += 1
        return counts

    def oldest(self, now: datetime) -> Json | None:
        """Return ``{what, at, seconds}`` of the change that waits longest."""
        since = [
            *(("deferred", _opened(row["since_cycle"], now)) for row in self.deferred),
            *(("quarantined", item["first_seen"]) for item in self.items),
            *(("requested", request["requested_at"]) for request in self.requests),
        ]
        if not since:
            return None
        what, at = min(since, key=lambda one: one[1])
        return {"what": what, "at": at, "seconds": int((now - at).total_seconds())}


def _opened(cycle_id: str, now: datetime) -> datetime:
    """Return when a cycle was opened, as its id tells."""
    try:
        return datetime.strptime(cycle_id.partition("-")[0], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return now


def throughput(done: Sequence[CycleRecord]) -> Json:
    """Return the pace of finished cycles, newest first.

    :returns: ``{cycles, rows, seconds_per_cycle, rows_per_second, rows_per_minute_arriving}``;
        what cannot be told yet is ``None``.
    """
    spans = [(c.closed_at - c.opened_at).total_seconds() for c in done if c.closed_at]
    rows = [_extracted(cycle) for cycle in done]
    busy = sum(span for span, count in zip(spans, rows, strict=False) if count)
    period = (done[0].window_to - done[-1].window_to).total_seconds() if len(done) > 1 else 0.0
    return {
        "cycles": len(done),
        "rows": sum(rows),
        "seconds_per_cycle": round(sum(spans) / len(spans), 3) if spans else None,
        "rows_per_second": round(sum(rows) / busy, 2) if busy else None,
        "rows_per_minute_arriving": round(sum(rows[:-1]) / period * 60, 2) if period else None,
    }


def _extracted(cycle: CycleRecord) -> int:
    counts: Json = (cycle.report or {}).get("counts", {})
    return sum(table["extracted"] for tables in counts.values() for table in tables.values())


def _estimate(pace: Json, lag: int | None, waiting: int) -> Json:
    """Return how many changes wait, by the pace at which they came, and when they are through.

    Changes that no cycle has read yet are not asked for: they are taken to come as before.
    """
    arriving = pace["rows_per_minute_arriving"] or 0.0
    unread = round(arriving * (lag or 0) / 60)
    speed, cycle = pace["rows_per_second"], pace["seconds_per_cycle"]
    eta = None
    if cycle is not None:
        eta = round(cycle + ((waiting + unread) / speed if speed else 0.0), 1)
    return {"estimated_backlog": waiting + unread, "eta_seconds": eta}


def _quota(use: QuotaUse, by_all: int | None) -> Json:
    left = None if use.budget is None else max(0, use.budget - use.used)
    return {**asdict(use), "left": left, "used_by_all": by_all}


def _reported(done: Sequence[CycleRecord], name: str) -> list[str]:
    """Return a list of the latest report."""
    latest = done[0].report if done else None
    return list((latest or {}).get(name, []))


def _last_full_comparison(done: Iterable[CycleRecord]) -> str | None:
    """Return when a cycle last had to compare everything, and which cursors it had to give up."""
    for cycle in done:
        names = (cycle.report or {}).get("full_comparison")
        if names:
            return f"{format_instant(cycle.window_to)}: {', '.join(names)}"
    return None


def _told(cycle: CycleRecord) -> Json:
    names = ("cycle_id", "kind", "status", "opened_at", "closed_at", "report", "error")
    return {name: getattr(cycle, name) for name in names}
