"""Checks cells with Great Expectations, in memory (reference/airflow-gx.md 6).

The library takes seconds to import, so it is imported where it is used, and never for nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from leadsync.errors import LeadsyncError
from leadsync.validation.cells import failures_of, fields_of, require_fields
from leadsync.validation.documents import expectation_document
from leadsync.validation.measures import measure_name, measured
from leadsync.validation.model import Cells, Failure, Operation, Rule, RuleSet
from leadsync.validation.texts import Numbers, Texts

#: expectations copy the whole batch, so a batch holds few columns.
_FIELDS_PER_BATCH = 8
_RESULT_FORMAT = {
    "result_format": "COMPLETE",
    "return_unexpected_index_query": False,
    "exclude_unexpected_values": True,
    "partial_unexpected_count": 0,
}


def check_gx(cells: Cells, rules: RuleSet) -> list[Failure]:
    """Return every cell that breaks a rule, by row, then by rule; the same as ``check_plain``.

    :param cells: canonical values of all mapped fields (docs/architecture.md, Values).
    :raises LeadsyncError: a field that has rules has no cells, or an expectation broke down.
    """
    require_fields(cells, rules)
    if not rules.rules or not any(cells.values()):
        return []
    positions: dict[Rule, Sequence[int]] = {}
    batches = _batch_definition()
    for group in _groups(rules):
        measured = _measured(cells, group, rules.operation)
        judged = [rule for rule in group if measure_name(rule) in measured.columns]
        if judged:
            batch = batches.get_batch({"dataframe": measured})
            positions.update(_unexpected(batch, judged))
    return failures_of(cells, ((rule, positions.get(rule, ())) for rule in rules.rules))


def _groups(rules: RuleSet) -> Iterator[list[Rule]]:
    names = fields_of(rules)
    for start in range(0, len(names), _FIELDS_PER_BATCH):
        chosen = set(names[start : start + _FIELDS_PER_BATCH])
        yield [rule for rule in rules.rules if rule.field in chosen]


def _measured(cells: Cells, group: Sequence[Rule], operation: Operation) -> pd.DataFrame:
    """Return what the rules judge; a measure that applies to no row at all is left out."""
    texts = {name: Texts(cells[name]) for name in dict.fromkeys(rule.field for rule in group)}
    columns: dict[str, Numbers] = {}
    for rule in group:
        name = measure_name(rule)
        if name not in columns:
            numbers = measured(texts[rule.field], rule, operation)
            if rule.kind == "required" or not np.isnan(numbers).all():
                columns[name] = numbers
    return pd.DataFrame(columns, copy=False)


def _batch_definition() -> Any:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("leadsync").add_dataframe_asset("rows")
    return asset.add_batch_definition_whole_dataframe("all")


def _unexpected(batch: Any, group: Sequence[Rule]) -> dict[Rule, Sequence[int]]:
    """Return the positions that break each rule; results come in any order."""
    from great_expectations import ExpectationSuite

    by_key = {rule.key: rule for rule in group}
    expectations = [expectation_document("rules", rule) for rule in group]
    suite = ExpectationSuite(name="rules", expectations=expectations)
    report = batch.validate(suite, result_format=_RESULT_FORMAT)
    found: dict[Rule, Sequence[int]] = {}
    for result in report.results:
        meta = result.expectation_config.meta
        rule = by_key[f"{meta['column']}.{meta['rule_id']}"]
        if "unexpected_count" not in result.result:
            raise LeadsyncError(
                f"Great Expectations could not check the rule {rule.rule_id} on {rule.target}: "
                f"{_reason(result.exception_info)}",
                remedy="Report this with the message; no row of this batch was judged.",
            )
        found[rule] = sorted(result.result.get("unexpected_index_list") or [])
    return found


def _reason(exception_info: Any) -> str:
    inner = [one for one in exception_info.values() if isinstance(one, dict)]
    return "; ".join(str(one.get("exception_message")) for one in inner or [exception_info])
