"""Tell Marketo which rows persons have become: our own fields, after the rows exist (S011).

A stamp can be repeated; one that is refused is made up for by the next cycle
(``cycle/gather/restamp.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from leadsync.cycle.carried import person_key
from leadsync.cycle.context import Cycle, Engine, batches
from leadsync.cycle.load.loading import Write
from leadsync.cycle.reading import as_table
from leadsync.mapping.plan import SyncPlan
from leadsync.model import (
    MARKETO_DYNAMICS_CREATED_AT,
    MARKETO_DYNAMICS_DELETED,
    MARKETO_DYNAMICS_ID,
    MARKETO_DYNAMICS_TYPE,
    Json,
)

UNSTAMPED = "unstamped"


def own_fields(table: str, dynamics_id: str, created_on: str | None) -> Json:
    """Return our own fields of a person that has a row (semantics.md 1)."""
    return {
        MARKETO_DYNAMICS_ID: dynamics_id,
        MARKETO_DYNAMICS_TYPE: table.capitalize(),
        MARKETO_DYNAMICS_DELETED: False,
        MARKETO_DYNAMICS_CREATED_AT: created_on,
    }


def stamp_persons(
    engine: Engine,
    cycle: Cycle,
    plan: SyncPlan,
    made: Sequence[Write],
    created_on: Mapping[str, str],
) -> None:
    """Stamp the persons of the rows that were made; notes those that Marketo refuses.

    :param created_on: when the rows were made; what is missing is read.
    """
    if not made:
        return
    known = {**_read_created_on(engine, plan, made, created_on), **created_on}
    refused: dict[str, str] = {}
    for group in batches(made, engine.marketo.batch_size):
        bodies = [
            {
                "id": write.record["marketo_id"],
                **own_fields(
                    write.record["table"],
                    write.record["dynamics_id"],
                    known.get(write.record["dynamics_id"]),
                ),
            }
            for write in group
        ]
        answers = engine.marketo.sync_persons("updateOnly", "id", bodies)
        for write, answer in zip(group, answers, strict=True):
            if answer.status == "skipped":
                told = "; ".join(error.message for error in answer.errors)
                refused[str(write.record["marketo_id"])] = told
    engine.staging.write_document(cycle.cycle_id, UNSTAMPED, refused)


def unstamped(engine: Engine, cycle: Cycle, outcomes: Iterable[Json]) -> list[Json]:
    """Return persons whose stamp was refused as outcomes to carry to the next cycle."""
    refused = engine.staging.read_document(cycle.cycle_id, UNSTAMPED) or {}
    by_key = {person_key(int(person)): told for person, told in refused.items()}
    return [
        {**outcome, "state": "deferred", "reason": f"not stamped: {by_key[outcome['record_key']]}"}
        for outcome in outcomes
        if outcome["record_key"] in by_key
    ]


def _read_created_on(
    engine: Engine, plan: SyncPlan, made: Sequence[Write], created_on: Mapping[str, str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in {write.record["table"] for write in made}:
        table = plan.tables[as_table(name)]
        ids = {w.record["dynamics_id"] for w in made if w.record["table"] == name}
        missing = sorted(ids - created_on.keys())
        columns = (table.schema.primary_id, "createdon")
        for row in engine.dynamics.rows_by_id(name, missing, columns) if missing else ():
            found[str(row[table.schema.primary_id]).lower()] = str(row.get("createdon"))
    return found
