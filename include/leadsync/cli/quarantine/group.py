"""The group of commands about quarantined rows."""

from __future__ import annotations

import click

from leadsync.cli.quarantine.deciding import discard_items, release_items
from leadsync.cli.quarantine.listing import list_causes, list_items, show_item


@click.group()
def quarantine() -> None:
    """Look into the quarantine, and decide what becomes of its rows."""


for command in (list_items, list_causes, show_item, release_items, discard_items):
    quarantine.add_command(command)
