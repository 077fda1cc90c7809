"""Splits records into those to write and those to quarantine, by each rule's policy (S056-S059)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from leadsync.validation.gx import check_gx
from leadsync.validation.model import Cells, Failure, RuleSet, Split
from leadsync.values.limits import TextLimits, cut
from leadsync.values.marks import ABSENT

Check = Callable[[Cells, RuleSet], list[Failure]]


def split(cells: Cells, rules: RuleSet, check: Check = check_gx) -> Split:
    """Check ``cells`` and apply the policies of the rules that they break, see :func:`settled`.

    :raises LeadsyncError: a field that has rules has no cells.
    """
    return settled(broken_rules(cells, rules, check))


def broken_rules(
    cells: Cells, rules: RuleSet, check: Check, further: Sequence[Failure] = ()
) -> list[Failure]:
    """Return every failure by record: of the rules first, then ``further`` ones."""
    found = check(cells, rules) if rules.rules and any(cells.values()) else []
    return sorted([*found, *further], key=lambda one: one.position) if further else found


def settled(failures: Sequence[Failure]) -> Split:
    """Apply the policies of broken rules.

    A record with one failure under ``hold_record`` is held with all its failures. Of other records
    a held field becomes absent (a record may be left with nothing to write), a text is cut, a
    default fills a missing value of a new record (S028), and what only warns goes out as it is.
    """
    if not failures:
        return Split()
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
        held_records=tuple(one for one in failures if one.position in held_rows),
        held_fields=held_fields,
        warnings=warnings,
        mended=_mended(held_fields, warnings),
    )


def _mended(
    held_fields: Iterable[Failure], warnings: Iterable[Failure]
) -> dict[int, dict[str, str]]:
    """Return new cells by position and field; a cell cut by two rules gets the shorter text."""
    mended: dict[int, dict[str, str]] = defaultdict(dict)
    for one in held_fields:
        mended[one.position][one.rule.field] = ABSENT
    for one in warnings:
        if one.rule.policy == "warn":
            continue
        cells = mended[one.position]
        cells[one.rule.field] = _repair(one, cells.get(one.rule.field, one.cell))
    return mended


def _repair(one: Failure, value: str | None) -> str:
    limit: Any = one.rule.limit
    if one.rule.policy == "default_on_create":
        return str(limit)
    unit = {"max_bytes": "octets", "max_units": "units"}.get(one.rule.kind, "characters")
    return cut(value or "", TextLimits(**{unit: limit}))
