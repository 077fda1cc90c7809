"""Checks cells without Great Expectations: for simulation, and to prove the other check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from leadsync.validation.cells import failures_of, fields_of, require_fields
from leadsync.validation.formats import FORMATS
from leadsync.validation.model import Cells, Failure, Operation, Rule, RuleSet
from leadsync.values.limits import utf16_units
from leadsync.values.marks import ABSENT, INVALID
from leadsync.values.option import SEPARATOR

Place = tuple[int, str]
Find = Callable[["_Column", Rule], list[int]]


def check_plain(cells: Cells, rules: RuleSet) -> list[Failure]:
    """Return every cell that breaks a rule, by row, then by rule.

    :param cells: canonical values of all mapped fields (docs/architecture.md, Values).
    :raises LeadsyncError: a field that has rules has no cells.
    """
    require_fields(cells, rules)
    columns = {name: _Column(cells[name], rules.operation) for name in fields_of(rules)}
    found = ((rule, _FINDERS[rule.kind](columns[rule.field], rule)) for rule in rules.rules)
    return failures_of(cells, found)


class _Column:
    """A column's cells by what they are, each with its position."""

    def __init__(self, cells: Sequence[str | None], operation: Operation) -> None:
        missing = (None, ABSENT) if operation == "create" else (None,)
        self.missing = [position for position, cell in enumerate(cells) if cell in missing]
        self.valid: list[Place] = []
        self.invalid: list[Place] = []
        for position, cell in enumerate(cells):
            if cell is None or cell == ABSENT:
                continue
            (self.invalid if cell.startswith(INVALID) else self.valid).append((position, cell))


def _required(column: _Column, _rule: Rule) -> list[int]:
    return column.missing


def _type(column: _Column, _rule: Rule) -> list[int]:
    return [position for position, _ in column.invalid]


def _option(column: _Column, rule: Rule) -> list[int]:
    known = frozenset(cast(tuple[str, ...], rule.limit))
    unknown = [p for p, cell in column.valid if not known.issuperset(cell.split(SEPARATOR))]
    return sorted(unknown + _type(column, rule))


def _max_length(column: _Column, rule: Rule) -> list[int]:
    limit = cast(int, rule.limit)
    return [position for position, cell in column.valid if len(cell) > limit]


def _max_units(column: _Column, rule: Rule) -> list[int]:
    limit = cast(int, rule.limit)
    return [position for position, cell in column.valid if utf16_units(cell) > limit]


def _max_bytes(column: _Column, rule: Rule) -> list[int]:
    limit = cast(int, rule.limit)
    return [position for position, cell in column.valid if len(cell.encode()) > limit]


def _format(column: _Column, rule: Rule) -> list[int]:
    is_valid = FORMATS[str(rule.limit)].is_valid
    return [position for position, cell in column.valid if not is_valid(cell)]


def _minimum(column: _Column, rule: Rule) -> list[int]:
    if isinstance(rule.limit, str):
        return [position for position, cell in column.valid if cell < rule.limit]
    limit = float(cast(float, rule.limit))
    return [position for position, cell in column.valid if float(cell) < limit]


def _maximum(column: _Column, rule: Rule) -> list[int]:
    limit = float(cast(float, rule.limit))
    return [position for position, cell in column.valid if float(cell) > limit]


_FINDERS: dict[str, Find] = {
    "required": _required,
    "type": _type,
    "option": _option,
    "max_length": _max_length,
    "max_units": _max_units,
    "max_bytes": _max_bytes,
    "format": _format,
    "minimum": _minimum,
    "maximum": _maximum,
}
