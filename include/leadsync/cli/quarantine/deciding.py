"""``leadsync quarantine release`` and ``discard``."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import click

from leadsync.cli.options import PATIENCE, as_json, wait_option
from leadsync.cli.output import print_json, print_table
from leadsync.cli.quarantine.filters import filtered
from leadsync.clock import SystemClock
from leadsync.cycle.context import batches
from leadsync.cycle.open import local_holder
from leadsync.engine import build_engine
from leadsync.opened import open_state
from leadsync.review.decide import Decision, decide_items, waiting_items
from leadsync.review.documents import item_document, retried_document
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
@click.option("--now", is_flag=True, help="Try them at once, in a cycle of their own.")
@wait_option(PATIENCE)
@as_json
def release_items(
    item_ids: tuple[str, ...],
    where: ItemFilter,
    everything: bool,
    *,
    now: bool,
    wait_seconds: float,
    as_json: bool,
) -> None:
    """Let the next cycle try items again, or try them now."""
    check_choice(item_ids, where, everything)
    if now:
        _try_now(item_ids, where, wait_seconds, as_json)
    else:
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


def _try_now(
    item_ids: Sequence[str], where: ItemFilter, wait_seconds: float, as_json: bool
) -> None:
    """Release items and run cycles on them; prints what became of each."""
    from leadsync.cycle.request.on_request import answer_stored
    from leadsync.review.retry import CHUNK, Retry

    engine = build_engine(holder=local_holder())
    ids = [item["id"] for item in waiting_items(engine.store, item_ids or None, where)]
    patience = timedelta(seconds=wait_seconds)
    retry = Retry(engine, f"release {engine.new_id()}", local_actor(), patience)
    for part in batches(ids, CHUNK):
        requests = retry.release(part)
        answer_stored(engine, [request["request_id"] for request in requests], wait_seconds)
    documents = [retried_document(item) for item in engine.store.quarantine(ids=ids)]
    if as_json:
        print_json(documents)
        return
    columns = ("id", "status", "table", "marketo_id", "dynamics_id", "rules")
    lines = [[document[name] for name in columns] for document in documents]
    print_table(f"Tried {len(documents)} rows", columns, lines)
