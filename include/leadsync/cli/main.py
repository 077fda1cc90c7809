"""The ``leadsync`` command: the stages of the DAG tasks without an Airflow process.

Exit codes (product.md): 0 done, 1 failed, 2 the configuration is wrong; the message says more.
"""

from __future__ import annotations

import logging
import sys

import click

from leadsync.cli.compare import field_backfill, reconcile
from leadsync.cli.cycle import cycle, plan
from leadsync.cli.doctor import doctor
from leadsync.cli.erase import erase
from leadsync.cli.explain import explain
from leadsync.cli.initial import initial
from leadsync.cli.quarantine.group import quarantine
from leadsync.cli.rebind import rebind
from leadsync.cli.requests import sync_now, sync_person
from leadsync.cli.sandbox import sandbox
from leadsync.cli.status import status
from leadsync.cli.suites import suites
from leadsync.cli.undo import undo
from leadsync.errors import ConfigurationError, LeadsyncError
from leadsync.redaction import install_redaction

FAILED = 1
MISCONFIGURED = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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


for command in (
    cycle,
    plan,
    initial,
    reconcile,
    field_backfill,
    undo,
    sync_person,
    sync_now,
    doctor,
    suites,
    status,
    explain,
    quarantine,
    erase,
    rebind,
    sandbox,
):
    leadsync.add_command(command)


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
