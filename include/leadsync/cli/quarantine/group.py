"""The group of commands about quarantined rows."""

from __future__ import annotations

import click

from leadsync.cli.lazy import LazyGroup

_PACKAGE = "leadsync.cli.quarantine"

COMMANDS = {
    "list": f"{_PACKAGE}.listing:list_items",
    "causes": f"{_PACKAGE}.listing:list_causes",
    "show": f"{_PACKAGE}.listing:show_item",
    "fix": f"{_PACKAGE}.mending:fix_item",
    "release": f"{_PACKAGE}.deciding:release_items",
    "discard": f"{_PACKAGE}.deciding:discard_items",
    "export": f"{_PACKAGE}.mending:export_items",
    "missing-rules": f"{_PACKAGE}.mending:list_missing_rules",
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def quarantine() -> None:
    """Look into the quarantine, and decide what becomes of its rows."""
