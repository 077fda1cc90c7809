"""What the tasks of the first load do inside a worker: call one engine stage and log what it did.

The engine is imported when a task runs, never when a DAG is parsed. Each mapped task names itself
in the UI by what it works on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, task

from leadsync_airflow.report import report_lines
from leadsync_airflow.turns import owner_of, run_states, when_free
from leadsync_airflow.window import instant

if TYPE_CHECKING:
    from leadsync.cycle.initial.first_load import FirstLoad

log = logging.getLogger(__name__)

#: variable of a task's context that its ``map_index_template`` shows.
NAME = "leadsync_part"

Load = dict[str, Any]
Decorator = Callable[[Callable[..., Any]], Any]


def mapped(
    doc: str, *, at_once: int, **touched: list[Asset]
) -> Callable[[Callable[..., Any]], Any]:
    """Return the decorator of a mapped task: a name for each part, and how many run at once.

    :param touched: ``inlets`` and ``outlets``.

    Airflow takes no documentation of a mapped task from its function.
    """
    template = f"{{{{ {NAME} }}}}"
    bounds: dict[str, Any] = {"max_active_tis_per_dagrun": at_once, **touched}
    return task(doc_md=doc, map_index_template=template, **bounds)


def open_load(context: Mapping[str, Any]) -> Load:
    """Open the first load of this run and return it for the other tasks.

    :raises ConfigurationError: a parameter, a connection or the mapping is wrong.
    :raises LeaseHeldError: another cycle is still at work after minutes.
    """
    from leadsync.cycle.initial.open_load import LoadRequest
    from leadsync.cycle.initial.open_load import open_load as start
    from leadsync.engine import build_engine

    params, engine = context["params"], build_engine()
    request = LoadRequest(
        run_id=owner_of(context["dag_run"]),
        dry_run=bool(params["dry_run"]),
        partitions=params["partitions"],
        since=instant("since", params["since"]) if params["since"] else None,
    )
    states = run_states(context["task_instance"])
    load = when_free(engine, lambda: start(engine, request), states)
    dry = ", a dry run that writes nothing" if load.dry_run else ""
    log.info("First load %s%s: persons since %s.", load.load_id, dry, load.since.date())
    return load.to_json()


def windows(load: Load) -> list[dict[str, str]]:
    """Return the times that one export each reads."""
    from leadsync.cycle.initial.open_load import windows_of

    return windows_of(_load(load))


def tables(load: Load) -> list[str]:
    """Return the tables to read."""
    from leadsync.cycle.initial.extract_rows import tables_of
    from leadsync.cycle.plan.schemas import load_plan
    from leadsync.engine import build_engine

    found = tables_of(load_plan(build_engine()))
    log.info("First load %s reads %s.", load["load_id"], ", ".join(found))
    return found


def extract_persons(context: Any, load: Load, window: dict[str, str]) -> dict[str, Any]:
    """Read the persons that were made in one window; returns how many."""
    from leadsync.cycle.initial.extract_persons import extract_persons as extract
    from leadsync.engine import build_engine

    context[NAME] = window["startAt"][:10]
    done = extract(build_engine(), _load(load), window)
    log.info("%d persons since %s, %d bytes.", done["persons"], done["window"], done["bytes"])
    return {name: done[name] for name in ("window", "persons", "bytes", "calls")}


def extract_rows(context: Any, load: Load, table: str) -> dict[str, Any]:
    """Read a table from its first row to its last; returns how many rows."""
    from leadsync.cycle.initial.extract_rows import extract_rows as extract
    from leadsync.engine import build_engine

    context[NAME] = table
    done = extract(build_engine(), _load(load), table)
    log.info("%d rows of %s.", done["rows"], table)
    return {name: done[name] for name in ("table", "rows", "calls")}


def divide(load: Load) -> list[int]:
    """Return the numbers of the partitions, from 0."""
    from leadsync.cycle.initial.partitions import divide as into
    from leadsync.engine import build_engine

    number = into(build_engine(), _load(load))
    log.info("%d partitions.", number)
    return list(range(number))


def load_partition(context: Any, load: Load, partition: int) -> dict[str, Any]:
    """Link and load one partition, or foresee it; returns its counts.

    :raises StaleLoadError: ordinary cycles have run since the load began.
    """
    from leadsync.cycle.initial.partition import load_partition as run
    from leadsync.cycle.initial.partitions import partitions_of
    from leadsync.engine import build_engine
    from leadsync.state.load_progress import progress_of

    engine, opened = build_engine(), _load(load)
    number = partitions_of(engine, opened)
    context[NAME] = f"{partition + 1} of {number}"
    report = run(engine, opened, partition)
    _log_report(report)
    progress = progress_of(engine.store.cursors())
    if progress is not None and not opened.dry_run:
        log.info("%s", progress.told())
    return {"counts": report.get("counts", {})}


def finish_load(load: Load) -> dict[str, Any]:
    """End the load; returns its report, or what a dry run foresees."""
    from leadsync.cycle.initial.finish_load import finish_load as finish
    from leadsync.engine import build_engine

    report = finish(build_engine(), _load(load))
    _log_report(report)
    for line in foreseen_lines(report):
        log.info(line)
    return report


def foreseen_lines(report: Mapping[str, Any]) -> list[str]:
    """Return what a dry run foresees as lines, without values of people."""
    lines = [
        f"{sample['change']}: Marketo {sample['marketo_id'] or 'new'}, "
        f"{sample['dynamics_id'] or 'new'}: {', '.join(sample['fields'])}."
        for sample in report.get("samples", ())
    ]
    for system, estimate in report.get("estimate", {}).items():
        share = estimate["share_of_day"]
        day = "" if share is None else f", {share:.1%} of our calls of a day"
        lines.append(
            f"Writing takes {estimate['calls']} calls to {system}: "
            f"{estimate['seconds']:.0f} s at its limits{day}."
        )
    return lines


def _log_report(report: Mapping[str, Any]) -> None:
    for line in report_lines(report):
        log.info(line)


def _load(document: Load) -> FirstLoad:
    from leadsync.cycle.initial.first_load import FirstLoad

    return FirstLoad.from_json(document)
