"""The ``leadsync`` command: the stages of the DAG tasks without an Airflow process.

Exit codes (product.md): 0 done, 1 failed, 2 the configuration is wrong; the message says more.
"""

from __future__ import annotations

import logging
import sys

import click

from leadsync.cli.lazy import LazyGroup
from leadsync.errors import ConfigurationError, LeadsyncError
from leadsync.redaction import install_redaction

FAILED = 1
MISCONFIGURED = 2


COMMANDS = {
    "cycle": "leadsync.cli.cycle:cycle",
    "plan": "leadsync.cli.cycle:plan",
    "initial": "leadsync.cli.initial:initial",
    "reconcile": "leadsync.cli.compare:reconcile",
    "field-backfill": "leadsync.cli.compare:field_backfill",
    "undo": "leadsync.cli.undo:undo",
    "sync-person": "leadsync.cli.requests:sync_person",
    "sync-now": "leadsync.cli.requests:sync_now",
    "doctor": "leadsync.cli.doctor:doctor",
    "suites": "leadsync.cli.suites:suites",
    "status": "leadsync.cli.status:status",
    "explain": "leadsync.cli.explain:explain",
    "quarantine": "leadsync.cli.quarantine.group:quarantine",
    "erase": "leadsync.cli.erase:erase",
    "rebind": "leadsync.cli.rebind:rebind",
    "sandbox": "leadsync.cli.sandbox:sandbox",
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("-v", "--verbose", is_flag=True, help="Log what happens, to standard error.")
def leadsync(verbose: bool) -> None:
    """Two-way synchronisation of people between Marketo Engage and Dynamics 365."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for name in ("alembic", "great_expectations"):
        logging.getLogger(name).setLevel(logging.WARNING)
    install_redaction()


def main() -> None:
    """Run the command line and turn errors into messages and exit codes."""
    try:
        leadsync.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(MISCONFIGURED)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(FAILED)
    except ConfigurationError as error:
        _complain(error)
        sys.exit(MISCONFIGURED)
    except LeadsyncError as error:
        _complain(error)
        sys.exit(FAILED)


def _complain(error: LeadsyncError) -> None:
    click.secho(f"Error: {error.message}", fg="red", err=True)
    if error.remedy:
        click.echo(f"What to do: {error.remedy}", err=True)
