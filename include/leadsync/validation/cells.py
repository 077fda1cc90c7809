"""Access to the checked cells for both checks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from leadsync.errors import LeadsyncError
from leadsync.validation.model import Cells, Failure, Rule, RuleSet


def fields_of(rules: RuleSet) -> list[str]:
    """Return the fields that the rules look at, in the order of the rules."""
    return list(dict.fromkeys(rule.field for rule in rules.rules))


def require_fields(cells: Cells, rules: RuleSet) -> None:
    """Check that there are cells for every rule.

    :raises LeadsyncError: names the missing fields; nothing was checked.
    """
    missing = [name for name in fields_of(rules) if name not in cells]
    if missing:
        raise LeadsyncError(
            f"The {rules.table} {rules.operation}s for {rules.system} have no cells for the fields "
            f"{', '.join(missing)}, which have rules.",
            remedy="Give a cell for every mapped field, absent where nothing is written.",
        )


def failures_of(cells: Cells, found: Iterable[tuple[Rule, Sequence[int]]]) -> list[Failure]:
    """Return failures for the positions that break each rule, by record, then by rule."""
    failures = [
        Failure(position, rule, cells[rule.field][position])
        for rule, positions in found
        for position in positions
    ]
    return sorted(failures, key=lambda one: one.position)
