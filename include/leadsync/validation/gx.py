"""Checks cells with Great Expectations, in memory (reference/airflow-gx.md 6).

The library takes seconds to import, so it is imported where it is used, and never for nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from leadsync.errors import LeadsyncError
from leadsync.validation.cells import failures_of, fields_of, require_fields
from leadsync.validation.measures import GOOD, Column, Numbers, measure_name
from leadsync.validation.model import Cells, Failure, Operation, Rule, RuleSet

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


def expectation(rule: Rule) -> Any:
    """Return the expectation that stands for ``rule``, with the rule's id in its ``meta``."""
    gxe = import_module("great_expectations.expectations")
    column = measure_name(rule)
    meta = {"rule_id": rule.rule_id, "field": rule.target}
    match rule.kind:
        case "required":
            return gxe.ExpectColumnValuesToNotBeNull(column=column, meta=meta)
        case "option":
            codes = [float(code) for code in rule.limit] if isinstance(rule.limit, tuple) else []
            return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=codes, meta=meta)
        case "type" | "format":
            return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=[GOOD], meta=meta)
        case "minimum":
            return gxe.ExpectColumnValuesToBeBetween(
                column=column, min_value=_bound(rule), meta=meta
            )
        case _:
            return gxe.ExpectColumnValuesToBeBetween(
                column=column, max_value=_bound(rule), meta=meta
            )


def _bound(rule: Rule) -> float:
    if isinstance(rule.limit, str):
        return float(rule.limit.replace("-", ""))
    if isinstance(rule.limit, int | float):
        return float(rule.limit)
    raise LeadsyncError(f"The rule {rule.rule_id} on {rule.target} has no bound: {rule.limit!r}.")


def _groups(rules: RuleSet) -> Iterator[list[Rule]]:
    names = fields_of(rules)
    for start in range(0, len(names), _FIELDS_PER_BATCH):
        chosen = set(names[start : start + _FIELDS_PER_BATCH])
        yield [rule for rule in rules.rules if rule.field in chosen]


def _measured(cells: Cells, group: Sequence[Rule], operation: Operation) -> pd.DataFrame:
    """Return what the rules judge; a measure that applies to no row at all is left out."""
    columns: dict[str, Numbers] = {}
    for name in dict.fromkeys(rule.field for rule in group):
        column = Column(pd.Series(list[Any](cells[name]), dtype="str"), operation)
        for rule in group:
            if rule.field == name and measure_name(rule) not in columns:
                columns[measure_name(rule)] = column.measure(rule)
    required = {measure_name(rule) for rule in group if rule.kind == "required"}
    kept = {
        name: numbers
        for name, numbers in columns.items()
        if name in required or not np.isnan(numbers).all()
    }
    return pd.DataFrame(kept)


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

    by_key = {(rule.rule_id, rule.target): rule for rule in group}
    suite = ExpectationSuite(name="rules", expectations=[expectation(rule) for rule in group])
    report = batch.validate(suite, result_format=_RESULT_FORMAT)
    found: dict[Rule, Sequence[int]] = {}
    for result in report.results:
        meta = result.expectation_config.meta
        rule = by_key[(meta["rule_id"], meta["field"])]
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
