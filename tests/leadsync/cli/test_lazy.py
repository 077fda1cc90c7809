"""Commands that are imported when they are called."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from leadsync.cli.lazy import LazyGroup
from leadsync.cli.main import leadsync
from leadsync.cli.quarantine.group import quarantine


@pytest.mark.parametrize("group", [leadsync, quarantine])
def test_every_command_is_found_under_its_own_name(group: click.Command) -> None:
    assert isinstance(group, LazyGroup)
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        assert command.name == name


def test_an_unknown_command_is_refused() -> None:
    done = CliRunner().invoke(leadsync, ["snyc-now"])
    assert done.exit_code == 2
    assert "snyc-now" in done.output


def test_what_is_no_command_is_told() -> None:
    group = LazyGroup("group", lazy={"json": "json:dumps"})
    with pytest.raises(TypeError, match="json:dumps is no command"):
        group.get_command(click.Context(group), "json")
