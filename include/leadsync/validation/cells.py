"""Access to a frame's cells for both checks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from leadsync.errors import LeadsyncError
from leadsync.validation.messages import failure
from leadsync.validation.model import Failure, Rule, RuleSet


def fields_of(rules: RuleSet) -> list[str]:
    """Return the frame's columns that the rules look at, in the order of the rules."""
    return list(dict.fromkeys(rule.field for rule in rules.rules))


def require_columns(frame: pd.DataFrame, rules: RuleSet) -> None:
    """Check that the frame has a column for every rule.

    :raises LeadsyncError: names the missing columns; nothing was checked.
    """
    missing = [name for name in fields_of(rules) if name not in frame.columns]
    if missing:
        raise LeadsyncError(
            f"The frame of {rules.table} {rules.operation}s for {rules.system} lacks the columns "
            f"{', '.join(missing)}, which have rules.",
            remedy="Build it with a column for every mapped field, absent where nothing is "
            "written.",
        )


def as_lists(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, list[str | None]]:
    """Return columns as lists with ``None`` for null."""
    cells: Any = frame[list(names)].to_numpy(dtype=object, copy=True)
    cells[pd.isna(cells)] = None
    return dict(zip(names, cells.T.tolist(), strict=True))


def failures_of(frame: pd.DataFrame, found: Iterable[tuple[Rule, Sequence[int]]]) -> list[Failure]:
    """Return failures for the positions that break each rule, by row, then by rule."""
    failures: list[Failure] = []
    for rule, positions in found:
        if not positions:
            continue
        cells = frame[rule.field].iloc[list(positions)].tolist()
        failures.extend(
            failure(position, rule, cell if isinstance(cell, str) else None)
            for position, cell in zip(positions, cells, strict=True)
        )
    return sorted(failures, key=lambda one: one.position)
