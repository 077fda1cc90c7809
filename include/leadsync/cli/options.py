"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from leadsync.clock import parse_instant

#: seconds that a command with work of its own waits for its turn.
PATIENCE = 60.0


class Instant(click.ParamType[datetime]):
    """An ISO 8601 date or instant; without a zone it is UTC."""

    name = "instant"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return parse_instant(str(value))
        except ValueError:
            example = "2026-01-31 or 2026-01-31T10:00:00Z"
            self.fail(f"{value!r} is no date or time; write {example}", param, ctx)


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def wait_option(seconds: float) -> Callable[[Any], Any]:
    """Return the option that says how long to wait for a cycle that runs already."""
    return click.option(
        "--wait",
        "wait_seconds",
        type=click.FloatRange(min=0),
        default=seconds,
        show_default=True,
        help="Seconds to wait for a cycle that runs already.",
    )
