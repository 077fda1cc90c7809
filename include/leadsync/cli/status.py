"""``leadsync status``: how far the sync is, and what waits."""

from __future__ import annotations

import click

from leadsync.cli.options import as_json
from leadsync.cli.output import print_counts, print_json, print_table
from leadsync.clock import SystemClock, format_instant
from leadsync.errors import ConfigurationError
from leadsync.model import Json
from leadsync.opened import build_ledger, marketo_client, open_state
from leadsync.state.ledger import SqlCallLedger
from leadsync.state.store import SqlStateStore
from leadsync.status import status_document

#: parts of the document that have tables of their own, or are for tools.
_APART = (
    "last_cycle",
    "backlog",
    "throughput",
    "quota",
    "quarantine_causes",
    "oldest_waiting",
    "suspended",
    "incidents",
    "first_load",
)


@click.command()
@click.option("--ask", is_flag=True, help="Ask Marketo what all integrations used today (1 call).")
@as_json
def status(ask: bool, as_json: bool) -> None:
    """Show lag, backlog, pace, quotas, incidents, quarantine by cause, and the last cycle."""
    store, clock = open_state(), SystemClock()
    ledger = _ledger(store, clock)
    used = marketo_client(ledger, clock).usage_today() if ask else None
    by_all = {"marketo": used.total} if used else {}
    document = status_document(store, clock.now(), ledger.usage(), by_all)
    if as_json:
        print_json(document)
    else:
        _print(document)


def _ledger(store: SqlStateStore, clock: SystemClock) -> SqlCallLedger:
    """Return the ledger; with the default limits while no connection is set."""
    try:
        return build_ledger(store, clock)
    except ConfigurationError:
        return SqlCallLedger(store.engine, clock)


def _print(document: Json) -> None:
    facts = [[name.replace("_", " "), document[name]] for name in document if name not in _APART]
    oldest = document["oldest_waiting"]
    if oldest:
        since = f"{oldest['what']} since {format_instant(oldest['at'])}"
        facts.append(["oldest waiting change", since])
    print_table("leadsync", ("what", "value"), facts)
    if document["first_load"]:
        click.echo(f"First load: {document['first_load']['told']}")
    _print_incidents(document["incidents"])
    _print_backlog(document["backlog"])
    _print_pace(document["throughput"])
    _print_quota(document["quota"])
    _print_causes(document["quarantine_causes"])
    for reason in document["suspended"]:
        click.secho(f"Suspended: {reason}", fg="yellow")
    last = document["last_cycle"]
    if last is not None and last["error"]:
        click.secho(f"Cycle {last['cycle_id']} failed: {last['error']}", fg="red")
    if last is not None and last["report"]:
        print_counts(f"Last cycle: {last['cycle_id']} ({last['status']})", last["report"]["counts"])


def _print_incidents(incidents: list[Json]) -> None:
    columns = ("scope", "subject", "opened_at", "last_seen", "count")
    if incidents:
        rows = [[incident[name] for name in columns] for incident in incidents]
        print_table("Open incidents", columns, rows)


def _print_backlog(backlog: Json) -> None:
    rows = [
        [way.replace("_", " "), table, counts["deferred"], counts["quarantined"]]
        for way, tables in backlog.items()
        for table, counts in tables.items()
        if any(counts.values())
    ]
    if rows:
        print_table("Waiting", ("direction", "table", "next_cycle", "quarantined"), rows)


def _print_pace(pace: Json) -> None:
    if pace["cycles"]:
        rows = [[name.replace("_", " "), value] for name, value in pace.items()]
        print_table("Pace of the last cycles", ("what", "value"), rows)


def _print_quota(quota: Json) -> None:
    columns = ("used", "budget", "left", "resets_at", "used_by_all")
    rows = [[system, *(use[name] for name in columns)] for system, use in quota.items()]
    print_table("API calls today", ("system", *columns), rows)


def _print_causes(causes: list[Json]) -> None:
    columns = ("items", "direction", "table", "field", "rule", "source", "limit")
    if causes:
        rows = [[cause[name] for name in columns] for cause in causes]
        print_table("Quarantine by cause", columns, rows)
