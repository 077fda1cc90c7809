"""``leadsync rebind``: the connections lead to the same records in another place."""

from __future__ import annotations

import sys

import click

from leadsync.cli.options import as_json
from leadsync.cli.output import print_json, print_table
from leadsync.clock import SystemClock
from leadsync.cycle import same_systems
from leadsync.opened import build_ledger, dynamics_client, marketo_client, open_state
from leadsync.state.turn import turn


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def rebind(yes: bool, as_json: bool) -> None:
    """Bind the state store to the systems that the connections lead to now.

    Only for an organisation that holds the same records under the same ids, such as one that was
    restored or copied. The next cycle reads everything anew.
    """
    store, clock = open_state(), SystemClock()
    ledger = build_ledger(store, clock)
    marketo, dynamics = marketo_client(ledger, clock), dynamics_client(ledger, clock)
    if not yes:
        _ask(marketo.address, dynamics.address)
    with turn(store, clock, "leadsync rebind"):
        rows = same_systems.rebind(store, marketo, dynamics, clock.now())
    if as_json:
        print_json([dict(row) for row in rows])
    else:
        facts = [[row["system"], row["identity"], row["address"]] for row in rows]
        print_table("Bound to", ("system", "identity", "address"), facts)


def _ask(*addresses: str) -> None:
    """Ask on a terminal; elsewhere nobody can answer, so ``--yes`` has to say it."""
    if not sys.stdin.isatty():
        raise click.UsageError("Links to other records would do harm: say --yes.")
    places = " and ".join(addresses)
    click.confirm(f"Do {places} hold the records that are linked here?", abort=True, err=True)
