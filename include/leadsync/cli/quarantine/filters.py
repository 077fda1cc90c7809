"""Options that say which quarantine items are meant; the same for every command."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, get_args

import click

from leadsync.cli.options import Instant
from leadsync.model import TABLES
from leadsync.state.item_filter import ItemFilter, row_id
from leadsync.state.rows import QuarantineStatus

STATUSES: tuple[str, ...] = get_args(QuarantineStatus)


def _row_id(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    return row_id(value) if value else None


_OPTIONS = (
    click.option("--direction", type=click.Choice(["to_marketo", "to_dynamics"])),
    click.option("--table", type=click.Choice(TABLES)),
    click.option("--field", help="Only rows in which this field failed, named as in the list."),
    click.option("--rule", help="Only rows that failed this rule, or this code of a server."),
    click.option("--source", type=click.Choice(["validation", "server"]), help="Who refused."),
    click.option("--person", type=int, metavar="ID", help="Only rows of this Marketo person."),
    click.option("--row", metavar="GUID", callback=_row_id, help="Only this lead or contact."),
    click.option("--text", help="Only rows whose reason contains this text, in any case."),
    click.option("--since", type=Instant(), help="Only rows seen at this time or later."),
)
_NAMES = ("direction", "table", "field", "rule", "source", "person", "row", "text", "since")

statuses_option = click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(STATUSES),
    help="Only items in this status; may be given several times. Default: those that wait.",
)


def filtered(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a filter; it gets them as ``where``."""

    @functools.wraps(command)
    def with_filter(**given: Any) -> Any:
        where = ItemFilter(**{name: given.pop(name) for name in _NAMES})
        return command(where=where, **given)

    for option in reversed(_OPTIONS):
        with_filter = option(with_filter)
    return with_filter
