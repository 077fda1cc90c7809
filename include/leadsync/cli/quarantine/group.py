"""The group of commands about quarantined rows."""

from __future__ import annotations

import click

from leadsync.cli.quarantine.deciding import discard_items, release_items
from leadsync.cli.quarantine.listing import list_causes, list_items, show_item
from leadsync.cli.quarantine.mending import export_items, fix_item, list_missing_rules


@click.group()
def quarantine() -> None:
    """Look into the quarantine, and decide what becomes of its rows."""


for command in (
    list_items,
    list_causes,
    show_item,
    fix_item,
    release_items,
    discard_items,
    export_items,
    list_missing_rules,
):
    quarantine.add_command(command)
