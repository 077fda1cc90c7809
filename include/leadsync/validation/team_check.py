"""Checks records against the team's expectations, on the rows as they will be after the write.

An update is judged by an expectation only where it writes a field that the expectation looks at,
and only where all of these fields are known: a value that was never read is not null.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from leadsync.errors import LeadsyncError
from leadsync.mapping.plan import TablePlan
from leadsync.model import Json, System
from leadsync.state.port import Values
from leadsync.validation.documents import stable_id
from leadsync.validation.library import built_suite, check_frame, open_batches
from leadsync.validation.model import Cells, Failure, Operation
from leadsync.validation.team import TeamRule, TeamSuite, fields_by_name, rules_of
from leadsync.validation.texts import Mask
from leadsync.validation.values import base_name, value_column
from leadsync.values.marks import ABSENT, is_marked


@dataclass(frozen=True, slots=True)
class TeamBatch:
    """Records of one table on their way to one system.

    :param cells: what is written, by field; absent where it is not.
    :param standing: what the target holds so far, by record; called only where rules need it.
    :param suspended: mapped names that are not synchronised now.
    """

    table: TablePlan
    target: System
    operation: Operation
    cells: Cells
    standing: Callable[[], Sequence[Values]]
    suspended: frozenset[str] = frozenset()


def check_team(batch: TeamBatch, suites: Sequence[TeamSuite]) -> list[Failure]:
    """Return every cell that breaks an expectation of the team.

    The failing cell is that of the field that the rule names.

    :raises ConfigurationError: an expectation names an unknown field or is refused.
    :raises LeadsyncError: an expectation about the batch as a whole fails, or cannot be checked.
    """
    failures: list[Failure] = []
    for suite in suites:
        if suite.applies(batch.target, batch.table.table, batch.operation):
            rules = list(rules_of(suite, batch.table, batch.suspended))
            failures.extend(_Checker(batch, suite, rules).failures() if rules else ())
    return sorted(failures, key=lambda one: one.position)


class _Checker:
    """Checks one suite."""

    def __init__(self, batch: TeamBatch, suite: TeamSuite, rules: Sequence[TeamRule]) -> None:
        self._batch = batch
        self._suite = suite
        self._rules = rules
        self._written: dict[str, Mask] = {}
        self._cells: dict[str, Sequence[str | None]] = {}
        fields = {name for rule in rules for name in (*rule.fields, rule.rule.field)}
        for name in fields:
            cells = batch.cells[name]
            self._written[name] = np.array([cell != ABSENT for cell in cells], dtype=bool)

    def failures(self) -> list[Failure]:
        rows = self._judged_rows()
        if not rows.any():
            return []
        self._complete()
        places = np.flatnonzero(rows).tolist()
        frame = self._frame(places)
        by_id = {
            one.document.get("id") or stable_id(f"{self._suite.name}/{position}"): one
            for position, one in enumerate(self._rules)
        }
        documents: list[Json] = [{**one.document, "id": key} for key, one in by_id.items()]
        built_suite(self._suite.name, documents)
        found: list[Failure] = []
        for key, result in check_frame(open_batches(), frame, self._suite.name, documents):
            found.extend(self._failures_of(by_id[key], result))
        return found

    def _judged_rows(self) -> Mask:
        """Return where any expectation has something to say."""
        return _any([self._concerned(rule) for rule in self._rules])

    def _concerned(self, rule: TeamRule) -> Mask:
        if self._batch.operation == "create":
            return np.ones(len(next(iter(self._written.values()))), dtype=bool)
        return _any([self._written[name] for name in rule.fields])

    def _complete(self) -> None:
        """Fill what is not written with what the target holds."""
        unwritten = [name for name, written in self._written.items() if not written.all()]
        creating = self._batch.operation == "create"
        standing = self._batch.standing() if unwritten and not creating else ()
        for name in self._written:
            cells = self._batch.cells[name]
            if name not in unwritten:
                self._cells[name] = cells
            elif creating:
                self._cells[name] = [None if cell == ABSENT else cell for cell in cells]
            else:
                self._cells[name] = [
                    row.get(name, ABSENT) if cell == ABSENT else cell
                    for cell, row in zip(cells, standing, strict=True)
                ]

    def _frame(self, places: Sequence[int]) -> pd.DataFrame:
        columns: dict[str, pd.Series[Any]] = {}
        by_name = fields_by_name(self._batch.target, self._batch.table)
        for rule in self._rules:
            for column in rule.columns:
                field = by_name[base_name(column)]
                cells = [self._cells[field.name][place] for place in places]
                columns[column] = value_column(column, field, self._batch.target, cells)
        frame = pd.DataFrame(columns)
        frame.index = pd.Index(places)
        return frame

    def _failures_of(self, rule: TeamRule, result: Json) -> list[Failure]:
        if result["success"]:
            return []
        if "unexpected_count" not in result:
            raise LeadsyncError(
                f"The {self._batch.table.table} {self._batch.operation}s for {self._suite.target} "
                f"break {rule.rule.rule_id} of {self._suite.source} as a whole: "
                f"{rule.rule.limit} Observed: {result.get('observed_value')}.",
                remedy="Nothing was written. Look at the records, or correct the expectation.",
            )
        positions = sorted(result.get("unexpected_index_list") or [])
        cells = self._cells[rule.rule.field]
        concerned = self._concerned(rule)
        return [
            Failure(position, rule.rule, cells[position])
            for position in positions
            if concerned[position] and self._is_known(rule, position)
        ]

    def _is_known(self, rule: TeamRule, position: int) -> bool:
        return not any(is_marked(self._cells[name][position]) for name in rule.fields)


def _any(masks: Sequence[Mask]) -> Mask:
    found: Mask = np.logical_or.reduce(masks)
    return found
