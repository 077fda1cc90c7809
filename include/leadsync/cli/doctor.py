"""``leadsync doctor``: is everything in place, and what to do about it."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from leadsync.cli.options import as_json
from leadsync.cli.output import print_json
from leadsync.clock import SystemClock
from leadsync.cycle.plan.accepted_schemas import accepted_schemas
from leadsync.cycle.same_systems import require_same_systems
from leadsync.doctor import Diagnosis, Doctor
from leadsync.dynamics.client import DynamicsClient
from leadsync.mapping.load import load_mapping
from leadsync.marketo.client import MarketoClient
from leadsync.opened import build_ledger, dynamics_client, marketo_client, open_state
from leadsync.review.picture import daily_picture, told
from leadsync.settings import Settings, load_settings
from leadsync.staging.store import Staging
from leadsync.state.rows import WAITING
from leadsync.state.store import SqlStateStore

MISCONFIGURED = 2


@click.command()
@click.option("--provision", is_flag=True, help="Create leadsync's own fields where missing.")
@as_json
def doctor(provision: bool, as_json: bool) -> None:
    """Check state store, staging, mapping and both systems; exit code 2 when something is wrong."""
    settings = load_settings()
    diagnosis = Diagnosis()
    diagnosis.look("Staging can be written", lambda: _staging(settings))
    if diagnosis.look("State store opens", lambda: _state(settings)):
        diagnosis.look("Quarantine", lambda: _quarantine(settings))
        diagnosis.look("Systems", lambda: _systems(settings, diagnosis, provision=provision))
        diagnosis.checks = [check for check in diagnosis.checks if check.detail]
    if as_json:
        print_json({**asdict(diagnosis), "ok": diagnosis.ok})
    else:
        _print(diagnosis)
    if not diagnosis.ok:
        sys.exit(MISCONFIGURED)


def _state(settings: Settings) -> str:
    store = open_state(settings)
    return f"{store.engine.url.render_as_string(hide_password=True)}"


def _quarantine(settings: Settings) -> str:
    store = open_state(settings)
    waiting = len(store.quarantine(statuses=WAITING))
    return told(daily_picture(store, SystemClock().now()), waiting)


def _staging(settings: Settings) -> str:
    staging = Staging(settings.staging)
    staging.write_document("doctor", "probe", {"ok": True})
    staging.drop("doctor")
    return settings.staging


def _systems(settings: Settings, diagnosis: Diagnosis, *, provision: bool) -> str:
    """Look at everything beyond this machine; what fails before that fails as one check."""
    clock = SystemClock()
    store = open_state(settings)
    ledger = build_ledger(store, clock)
    mapping = load_mapping(settings.mapping)
    marketo, dynamics = marketo_client(ledger, clock), dynamics_client(ledger, clock)
    diagnosis.look("Same systems as before", lambda: _same_systems(store, marketo, dynamics))
    previous = accepted_schemas(store, mapping)
    quota = ledger.usage()
    doctor = Doctor(mapping, marketo, dynamics, diagnosis, previous, settings.gx, quota)
    doctor.examine(provision=provision)
    return ""


def _same_systems(store: SqlStateStore, marketo: MarketoClient, dynamics: DynamicsClient) -> str:
    now = SystemClock().now()
    require_same_systems(store, marketo, dynamics, now, trusted_seconds=0, remember=False)
    bound = store.bindings.all()
    names = [f"{system} {row['identity']}" for system, row in sorted(bound.items())]
    return f"the state store holds the links of {' and '.join(names) or 'no system yet'}"


def _print(diagnosis: Diagnosis) -> None:
    for check in diagnosis.checks:
        mark = click.style("ok   ", fg="green") if check.ok else click.style("WRONG", fg="red")
        click.echo(f"{mark} {check.name}: {check.detail}")
        if check.remedy:
            click.echo(f"      What to do: {check.remedy}")
    for name in diagnosis.created:
        click.echo(f"Created {name}.")
    for instruction in dict.fromkeys(diagnosis.instructions):
        click.echo(f"Note: {instruction}")
