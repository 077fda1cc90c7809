"""The checks of a cycle as Great Expectations validation results, for Data Docs and reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.plan.team_rules import suspended_names
from leadsync.cycle.reading import as_table
from leadsync.data_docs.archive import keep_results
from leadsync.mapping.plan import SyncPlan
from leadsync.model import Json, System
from leadsync.validation.documents import stable_id
from leadsync.validation.model import Failure, Operation
from leadsync.validation.results import validation_result
from leadsync.validation.suites import generated_suites
from leadsync.validation.team import rules_of

_TEAM = "team:"


def tally(
    target: System, table: str, operation: Operation, records: int, failures: Iterable[Failure]
) -> Json:
    """Return how many records broke each rule: what a stage hands on of one check."""
    failed = Counter(_key(one) for one in failures)
    return {
        "target": target,
        "table": table,
        "operation": operation,
        "records": records,
        "failed": dict(failed),
    }


def keep_validation(engine: Engine, cycle: Cycle, plan: SyncPlan, tallies: Iterable[Json]) -> None:
    """Keep one validation result for every suite that judged records of the cycle.

    They hold counts and no value of a record. A cycle that is stopped because too much fails keeps
    them too: there they are needed most.
    """
    if engine.archive is not None:
        results = (result for one in tallies for result in _results(engine, cycle, plan, one))
        keep_results(engine.archive, cycle.cycle_id, results)


def _results(engine: Engine, cycle: Cycle, plan: SyncPlan, one: Json) -> Iterator[Json]:
    about = {name: one[name] for name in ("target", "table", "operation")}
    about["cycle_id"] = cycle.cycle_id
    name = f"{one['target']}_{one['table']}_{one['operation']}"
    suite = generated_suites(plan).get(name)
    if suite is not None:
        failed = {
            stable_id(f"{name}/{key}"): count
            for key, count in one["failed"].items()
            if not key.startswith(_TEAM)
        }
        yield validation_result(name, suite["expectations"], one["records"], failed, about)
    table = plan.tables[as_table(one["table"])]
    for written in engine.team.suites():
        if written.applies(one["target"], table.table, one["operation"]):
            rules = list(rules_of(written, table, suspended_names(engine, plan)))
            ids = [stable_id(f"{written.name}/{rule.rule.key}") for rule in rules]
            documents: Sequence[Json] = [
                {**rule.document, "id": key} for rule, key in zip(rules, ids, strict=True)
            ]
            failed = {
                key: one["failed"].get(f"{_TEAM}{rule.rule.key}", 0)
                for rule, key in zip(rules, ids, strict=True)
            }
            yield validation_result(written.name, documents, one["records"], failed, about)


def _key(failure: Failure) -> str:
    prefix = _TEAM if failure.rule.kind == "expectation" else ""
    return f"{prefix}{failure.rule.key}"
