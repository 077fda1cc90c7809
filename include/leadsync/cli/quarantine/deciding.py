"""``leadsync quarantine release`` and ``discard``."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from typing import Any

import click

from leadsync.cli.cycle import as_json
from leadsync.cli.output import print_json
from leadsync.cli.quarantine.filters import filtered
from leadsync.clock import SystemClock
from leadsync.opened import open_state
from leadsync.review.decide import Decision, decide_items
from leadsync.review.documents import item_document
from leadsync.state.item_filter import EVERYTHING, ItemFilter


def chosen(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ids, a filter and ``--all``: three ways to say which items are meant."""
    named = click.argument("item_ids", metavar="[ID]...", nargs=-1)
    everything = click.option("--all", "everything", is_flag=True, help="All items that wait.")
    return named(everything(filtered(command)))


def check_choice(item_ids: Sequence[str], where: ItemFilter, everything: bool) -> None:
    """Refuse a command that says in no way, or in several, which items are meant."""
    if [bool(item_ids), where != EVERYTHING, everything].count(True) != 1:
        raise click.UsageError("Name items by their id, or by a filter, or say --all.")


def local_actor() -> str:
    """Name who uses the command line, for the history of items."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        user = "somebody"
    return f"{user} (command line)"


@click.command("release")
@chosen
@as_json
def release_items(
    item_ids: tuple[str, ...], where: ItemFilter, everything: bool, as_json: bool
) -> None:
    """Let the next cycle try items again."""
    check_choice(item_ids, where, everything)
    _decide(item_ids, where, "released", as_json)


@click.command("discard")
@chosen
@as_json
def discard_items(
    item_ids: tuple[str, ...], where: ItemFilter, everything: bool, as_json: bool
) -> None:
    """Give items up; their records are looked at again when they change."""
    check_choice(item_ids, where, everything)
    _decide(item_ids, where, "discarded", as_json)


def _decide(ids: Sequence[str], where: ItemFilter, decision: Decision, as_json: bool) -> None:
    rows = decide_items(
        open_state(), SystemClock(), ids or None, decision, local_actor(), where=where
    )
    if as_json:
        print_json([item_document(row) for row in rows])
        return
    click.echo(f"{len(rows)} items {decision}.")
