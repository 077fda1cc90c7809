"""Failures that do not hold a value back: kept in the journal and reported (S057).

A text that was cut, a default that filled a gap, and what only warns go out with their record. The
commit journals those whose record was written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.decide.decide import Proposal
from leadsync.frames import Rows
from leadsync.model import Json
from leadsync.state.port import JournalRow
from leadsync.validation.model import Failure
from leadsync.values.marks import shown

FRAME = "warnings"
#: One failure that did not hold its value back. ``found`` is the value that failed, ``written`` the
#: one that went out.
WARNINGS = (
    "record_key",
    "direction",
    "table",
    "operation",
    "marketo_id",
    "dynamics_id",
    "field",
    "target",
    "rule",
    "policy",
    "found",
    "written",
)
_COUNTED = ("direction", "table", "operation", "target", "rule", "policy")


def warned(proposal: Proposal, failure: Failure, written: str | None) -> dict[str, Any]:
    """Make a ``WARNINGS`` record."""
    record, rule = proposal.record, failure.rule
    key = record["record_key"]
    return {
        **{name: record[name] for name in ("table", "operation", "marketo_id", "dynamics_id")},
        "record_key": key,
        "direction": key.partition(":")[0],
        "field": rule.field,
        "target": rule.target,
        "rule": rule.rule_id,
        "policy": rule.policy,
        "found": failure.value,
        "written": shown(written),
    }


def warning_rows(items: Sequence[Mapping[str, Any]]) -> Rows:
    """Return the frame that carries warnings to the commit."""
    return Rows(WARNINGS, [dict(item) for item in items])


def written_warnings(
    engine: Engine, cycle: Cycle, outcomes: Iterable[Mapping[str, Any]]
) -> list[Json]:
    """Return the warnings about records that were written."""
    applied = {one["record_key"] for one in outcomes if one["state"] == "applied"}
    rows = engine.staging.read_rows(cycle.cycle_id, FRAME).records
    return [row for row in rows if row["record_key"] in applied]


def warnings_journalled(cycle: Cycle, warnings: Iterable[Mapping[str, Any]]) -> list[JournalRow]:
    """Return the journal's rows of ``warnings``: the value that failed, and what was written."""
    return [
        JournalRow(
            cycle_id=cycle.cycle_id,
            at=cycle.opened_at,
            kind="warned",
            side=None,
            dynamics_table=row["table"],
            marketo_id=row["marketo_id"],
            dynamics_id=row["dynamics_id"],
            field=row["field"],
            base=None,
            marketo=row["found" if row["direction"] == "to_dynamics" else "written"],
            dynamics=row["written" if row["direction"] == "to_dynamics" else "found"],
            winner=None,
            rule=f"{row['rule']}: {row['policy']}",
            made_with=None,
        )
        for row in warnings
    ]


def counted_warnings(warnings: Iterable[Mapping[str, Any]]) -> list[Json]:
    """Return how many records each rule has warned of, for the report."""
    counts = Counter(tuple(row[name] for name in _COUNTED) for row in warnings)
    return [
        {**dict(zip(_COUNTED, key, strict=True)), "records": number}
        for key, number in counts.items()
    ]
