"""Splits a frame into rows to write and rows to quarantine, by each rule's policy (S056-S059)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from leadsync.validation.gx import check_gx
from leadsync.validation.model import Failure, RuleSet, Split
from leadsync.values.limits import TextLimits, cut
from leadsync.values.marks import ABSENT

Check = Callable[[pd.DataFrame, RuleSet], list[Failure]]


def split(frame: pd.DataFrame, rules: RuleSet, check: Check = check_gx) -> Split:
    """Check ``frame`` and apply the policies of the rules that it breaks.

    A row with one failure under ``hold_record`` is held with all its failures. Of other rows a
    held field becomes absent (a row may be left with nothing to write), a text is cut, a default
    fills a missing value of a new record (S028).

    :raises LeadsyncError: the frame lacks a column that has rules.
    """
    failures = check(frame, rules) if len(frame) and rules.rules else []
    held_rows = {one.position for one in failures if one.rule.policy == "hold_record"}
    mending = [one for one in failures if one.position not in held_rows]
    held_fields = tuple(one for one in mending if one.rule.policy == "hold_field")
    kept_out = {(one.position, one.rule.field) for one in held_fields}
    warnings = tuple(
        one
        for one in mending
        if one.rule.policy != "hold_field" and (one.position, one.rule.field) not in kept_out
    )
    return Split(
        accepted=_mended(frame, held_rows, held_fields, warnings),
        held_records=tuple(one for one in failures if one.position in held_rows),
        held_fields=held_fields,
        warnings=warnings,
    )


def _mended(
    frame: pd.DataFrame,
    held_rows: set[int],
    held_fields: Iterable[Failure],
    warnings: Iterable[Failure],
) -> pd.DataFrame:
    result = frame.copy()
    _put(result, [(one, ABSENT) for one in held_fields])
    _put(result, _repairs(warnings))
    if not held_rows:
        return result
    return result.iloc[[position for position in range(len(frame)) if position not in held_rows]]


def _repairs(warnings: Iterable[Failure]) -> list[tuple[Failure, str]]:
    """Return the new value of each mended cell; a cell cut by two rules gets the shorter."""
    repaired: dict[tuple[int, str], tuple[Failure, str]] = {}
    for one in warnings:
        key = (one.position, one.rule.field)
        before = repaired[key][1] if key in repaired else one.value
        repaired[key] = (one, _repair(one, before))
    return list(repaired.values())


def _repair(one: Failure, value: str | None) -> str:
    limit: Any = one.rule.limit
    if one.rule.policy == "default_on_create":
        return str(limit)
    unit = {"max_bytes": "octets", "max_units": "units"}.get(one.rule.kind, "characters")
    return cut(value or "", TextLimits(**{unit: limit}))


def _put(frame: pd.DataFrame, cells: Iterable[tuple[Failure, str]]) -> None:
    by_field: dict[str, tuple[list[int], list[str]]] = {}
    for one, value in cells:
        positions, values = by_field.setdefault(one.rule.field, ([], []))
        positions.append(one.position)
        values.append(value)
    for name, (positions, values) in by_field.items():
        column = frame[name].copy()
        column.iloc[positions] = values
        frame[name] = column
