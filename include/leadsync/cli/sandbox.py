"""``leadsync sandbox``: stand-ins of both systems on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from leadsync.cli.options import as_json
from leadsync.cli.output import print_json
from leadsync.settings import load_settings


@click.group()
def sandbox() -> None:
    """Start, fill and stop stand-ins of Marketo and Dynamics."""


@sandbox.command()
@click.option("--marketo-port", type=int, default=8701, show_default=True)
@click.option("--dynamics-port", type=int, default=8702, show_default=True)
@click.option("--tls", is_flag=True, help="Serve HTTPS with a self-signed certificate.")
@as_json
def up(marketo_port: int, dynamics_port: int, tls: bool, as_json: bool) -> None:
    """Start both stand-ins; does nothing when they run already."""
    from leadsync_sandbox import manage

    info = manage.up(_folder(), marketo_port=marketo_port, dynamics_port=dynamics_port, tls=tls)
    connections = info.connections()
    if as_json:
        print_json({"connections": connections})
        return
    click.echo("Both stand-ins run. Connect to them with:")
    for name, value in connections.items():
        click.echo(f"  export {name}='{value}'")


@sandbox.command()
@click.option("--people", type=click.IntRange(min=1), default=5000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same people.")
@as_json
def seed(people: int, seed: int, as_json: bool) -> None:
    """Fill both stand-ins with a realistic, reproducible data set."""
    from leadsync_sandbox import manage

    counts = manage.seed(_folder(), people, seed)
    if as_json:
        print_json(counts)
        return
    for name, count in counts.items():
        click.echo(f"{name}: {count}")


@sandbox.command()
@as_json
def down(as_json: bool) -> None:
    """Stop both stand-ins; their data stays."""
    from leadsync_sandbox import manage

    stopped = manage.down(_folder())
    if as_json:
        print_json({"stopped": stopped})
    else:
        click.echo("Stopped." if stopped else "They were not running.")


def _folder() -> Path:
    return load_settings().data / "sandbox"
