"""The plan of a cycle: what it would write, as a field-level diff."""

from __future__ import annotations

from typing import Any

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.initial.beyond import add_beyond
from leadsync.cycle.match.row_creations import OWNER, Beside
from leadsync.cycle.plan.schemas import plan_of
from leadsync.cycle.quarantine.quarantining import quarantine_items
from leadsync.cycle.report import build_report
from leadsync.model import SYSTEMS, Direction, Json
from leadsync.values.marks import shown

#: kinds of decisions in which a rule chose between two values.
CLASHES = ("collision", "no_base")


def build_plan_report(engine: Engine, cycle: Cycle) -> Json:
    """Return ``{counts, changes, collisions, quarantine}`` from the frames of a merged cycle."""
    decisions = engine.staging.read_rows(cycle.cycle_id, "decisions").records
    before = {(row["record_key"], row["field"]): row for row in decisions}
    changes = [
        *_changes(engine, cycle, "to_marketo", before),
        *_changes(engine, cycle, "to_dynamics", before),
    ]
    items = quarantine_items(engine.staging.read_rows(cycle.cycle_id, "quarantine"))
    return {
        "counts": _counts(engine, cycle),
        "changes": changes,
        "collisions": [_collision(row) for row in decisions if row["kind"] in CLASHES],
        "quarantine": [_item(item, cycle) for item in items],
    }


def _counts(engine: Engine, cycle: Cycle) -> Json:
    outcomes = engine.staging.read_rows(cycle.cycle_id, "outcomes").records
    creating = {
        row["record_key"]
        for side in SYSTEMS
        for row in engine.staging.read_rows(cycle.cycle_id, f"{side}_writes").records
        if row["operation"] == "create"
    }
    for outcome in outcomes:
        if outcome["state"] == "writing":
            outcome["state"] = "applied"
            created = outcome["record_key"] in creating
            outcome["operation"] = "created" if created else "updated"
    report = build_report(cycle, plan_of(engine, cycle), outcomes, {})
    add_beyond(engine, cycle, outcomes, report)
    counts: Json = report["counts"]
    return counts


def _changes(
    engine: Engine, cycle: Cycle, direction: Direction, before: dict[tuple[str, str], Json]
) -> list[Json]:
    side = direction.removeprefix("to_")
    writes = engine.staging.read_rows(cycle.cycle_id, f"{side}_writes")
    return [
        {
            "direction": direction,
            "table": record["table"],
            "operation": record["operation"],
            "marketo_id": record["marketo_id"],
            "dynamics_id": _known_id(direction, record),
            "fields": [
                {
                    "field": name,
                    "from": before.get((record["record_key"], name), {}).get(side),
                    "to": shown(value),
                }
                for name, value in values.items()
                if value is not None or record["operation"] != "create"
            ]
            + _owner(record),
        }
        for record, values in writes.pairs()
    ]


def _known_id(direction: Direction, record: Json) -> str | None:
    """Return the row's id; a row that does not exist yet would get another one."""
    is_made = direction == "to_dynamics" and record["operation"] == "create"
    return None if is_made else record["dynamics_id"]


def _owner(record: Json) -> list[Json]:
    assign_to = Beside.of(record).assign_to
    return [{"field": OWNER, "from": None, "to": assign_to}] if assign_to else []


def _collision(row: Json) -> Json:
    names = ("table", "marketo_id", "dynamics_id", "field", "base", "marketo", "dynamics")
    return {**{name: row[name] for name in names}, "winner": row["winner"], "rule": row["rule"]}


def _item(item: dict[str, Any], cycle: Cycle) -> Json:
    """Show a row that would be quarantined in the shape of ``leadsync quarantine list``."""
    moment = cycle.opened_at.isoformat()
    return {
        "id": None,
        "status": "open",
        "direction": item["direction"],
        "table": item["table"],
        "operation": item["operation"],
        "marketo_id": item["marketo_id"],
        "dynamics_id": item["dynamics_id"],
        "failures": item["failures"],
        "attempts": 0,
        "first_seen": moment,
        "last_seen": moment,
        "cycle_id": cycle.cycle_id,
    }
