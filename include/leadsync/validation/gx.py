"""Checks cells with Great Expectations, in memory (reference/airflow-gx.md 6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from leadsync.validation.cells import failures_of, fields_of, require_fields
from leadsync.validation.documents import expectation_document, suite_name
from leadsync.validation.library import check_frame, open_batches
from leadsync.validation.measures import measure_name, measured
from leadsync.validation.model import Cells, Failure, Operation, Rule, RuleSet
from leadsync.validation.texts import Numbers, Texts

#: expectations copy the whole batch, so a batch holds few columns.
_FIELDS_PER_BATCH = 8


def check_gx(cells: Cells, rules: RuleSet) -> list[Failure]:
    """Return every cell that breaks a rule, by row, then by rule; the same as ``check_plain``.

    :param cells: canonical values of all mapped fields (docs/architecture.md, Values).
    :raises LeadsyncError: a field that has rules has no cells, or an expectation broke down.
    """
    require_fields(cells, rules)
    if not rules.rules or not any(len(column) for column in cells.values()):
        return []
    broken = broken_positions(cells, rules)
    return failures_of(cells, ((rule, broken.get(rule.key, ())) for rule in rules.rules))


def broken_positions(cells: Cells, rules: RuleSet) -> dict[str, Sequence[int]]:
    """Return the positions that break each rule, by the rule's key."""
    found: dict[str, Sequence[int]] = {}
    batches, name = open_batches(), suite_name(rules)
    for group in _groups(rules):
        frame = measured_frame(cells, group, rules.operation)
        judged = [rule for rule in group if measure_name(rule) in frame.columns]
        documents = [expectation_document(name, rule) for rule in judged]
        keys = {one["id"]: rule.key for one, rule in zip(documents, judged, strict=True)}
        for expectation, result in check_frame(batches, frame, name, documents) if judged else ():
            found[keys[expectation]] = sorted(result.get("unexpected_index_list") or [])
    return found


def measured_frame(
    cells: Cells, rules: Sequence[Rule], operation: Operation, *, complete: bool = False
) -> pd.DataFrame:
    """Return the columns that the rules' expectations judge.

    :param complete: also those that apply to no row at all; a cycle leaves these out.
    """
    texts = {name: Texts(cells[name]) for name in dict.fromkeys(rule.field for rule in rules)}
    columns: dict[str, Numbers] = {}
    idle: set[str] = set()
    for rule in rules:
        name = measure_name(rule)
        if name in columns or name in idle:
            continue
        numbers = measured(texts[rule.field], rule, operation)
        if complete or rule.kind == "required" or not np.isnan(numbers).all():
            columns[name] = numbers
        else:
            idle.add(name)
    return pd.DataFrame(columns, copy=False)


def _groups(rules: RuleSet) -> Iterator[list[Rule]]:
    names = fields_of(rules)
    for start in range(0, len(names), _FIELDS_PER_BATCH):
        chosen = set(names[start : start + _FIELDS_PER_BATCH])
        yield [rule for rule in rules.rules if rule.field in chosen]
