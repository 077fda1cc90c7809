"""``leadsync erase``: remove a person from both systems and from everything that leadsync keeps."""

from __future__ import annotations

import sys

import click

from leadsync.cli.options import as_json
from leadsync.cli.output import print_json, print_table
from leadsync.clock import SystemClock
from leadsync.cycle.same_systems import require_same_systems
from leadsync.erasure import Eraser
from leadsync.model import Json
from leadsync.opened import build_ledger, dynamics_client, marketo_client, open_state
from leadsync.settings import load_settings
from leadsync.staging.store import Staging


@click.command()
@click.argument("address", metavar="EMAIL")
@click.option("--keep-records", is_flag=True, help="Leave the records of Marketo and Dynamics.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def erase(address: str, keep_records: bool, yes: bool, as_json: bool) -> None:
    """Erase everything about EMAIL, and keep only a hash that stops it from coming back.

    The records in Marketo and Dynamics are deleted. Running it again is harmless, and finishes an
    erasure that was interrupted.
    """
    if not yes:
        _ask(keep_records)
    settings, clock = load_settings(), SystemClock()
    store = open_state(settings)
    ledger = build_ledger(store, clock)
    marketo, dynamics = marketo_client(ledger, clock), dynamics_client(ledger, clock)
    require_same_systems(store, marketo, dynamics, clock.now(), trusted_seconds=0, remember=False)
    eraser = Eraser(
        store=store,
        staging=Staging(settings.staging),
        marketo=marketo,
        dynamics=dynamics,
        clock=clock,
    )
    done = eraser.erase(address, keep_records=keep_records)
    if as_json:
        print_json(done)
    else:
        _print(done)


def _ask(keep_records: bool) -> None:
    """Ask on a terminal; elsewhere nobody can answer, so ``--yes`` has to say it."""
    if not sys.stdin.isatty():
        raise click.UsageError("Erasing cannot be undone: say --yes.")
    what = "what leadsync keeps" if keep_records else "the records in Marketo and Dynamics"
    click.confirm(f"This removes {what} for good. Go on?", abort=True, err=True)


def _print(done: Json) -> None:
    rows = [[f"deleted: {name}", count] for name, count in done["deleted"].items()]
    rows += [[f"forgotten: {name}", count] for name, count in done["forgotten"].items()]
    rows.append(["cycles whose staged frames were removed", done["cycles_unstaged"]])
    print_table("Erased", ("what", "records"), rows)
