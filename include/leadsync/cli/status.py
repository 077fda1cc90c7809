"""``leadsync status``: how far the sync is, and what waits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from leadsync.cli.cycle import as_json
from leadsync.cli.output import print_counts, print_json, print_table
from leadsync.clock import SystemClock, format_instant
from leadsync.model import Json
from leadsync.opened import open_state
from leadsync.review.picture import daily_picture
from leadsync.state.port import CycleRecord, StateStore

#: cycles that are looked through for the last full comparison.
RECENT = 100
#: kinds of cycles that bring the sync up to their time.
_MOVING = ("scheduled", "manual")


@click.command()
@as_json
def status(as_json: bool) -> None:
    """Show the last cycle, the lag, what is waiting and what is quarantined."""
    document = status_document(open_state())
    if as_json:
        print_json(document)
        return
    facts = [[name.replace("_", " "), document[name]] for name in document if name != "last_cycle"]
    print_table("leadsync", ("what", "value"), facts)
    last = document["last_cycle"]
    if last is not None and last["error"]:
        click.secho(f"Cycle {last['cycle_id']} failed: {last['error']}", fg="red")
    if last is not None and last["report"]:
        print_counts(f"Last cycle: {last['cycle_id']} ({last['status']})", last["report"]["counts"])


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


def status_document(store: StateStore) -> Json:
    """Return the state in one document; times in ISO form, lag in seconds."""
    now = SystemClock().now()
    cycles = store.cycles(limit=RECENT)
    done = [c for c in cycles if c.status == "done" and c.kind in _MOVING]
    lease = store.current_lease("cycle")
    last = cycles[0] if cycles else None
    running = lease is not None and lease[0].expires_at > now
    return {
        **store.counts(),
        **{f"quarantine_{name}": told for name, told in daily_picture(store, now).items()},
        "requests_waiting": len(store.requests(waiting=True)),
        "lag_seconds": int((now - done[0].window_to).total_seconds()) if done else None,
        "running": running,
        "held_by": lease[0].owner if lease and running else None,
        "suspended": _reported(done, "suspended"),
        "degraded": _reported(done, "degraded"),
        "last_full_comparison": _last_full_comparison(done),
        "last_cycle": None
        if last is None
        else {
            "cycle_id": last.cycle_id,
            "kind": last.kind,
            "status": last.status,
            "opened_at": last.opened_at,
            "closed_at": last.closed_at,
            "report": last.report,
            "error": last.error,
        },
    }
