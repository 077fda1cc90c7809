"""Quarantine items as people and programs are shown them (product.md, Shapes)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from leadsync.model import Json
from leadsync.state.item_filter import Cause
from leadsync.state.port import QuarantineEventRow, QuarantineRow
from leadsync.state.reasons import IN_MARKETO, failed_rules
from leadsync.state.rows import WAITING


def item_document(item: QuarantineRow) -> Json:
    """Return an item in the shape that product.md fixes, and whether its person exists."""
    return {
        "id": item["id"],
        "status": item["status"],
        "direction": item["direction"],
        "table": item["dynamics_table"],
        "operation": item["operation"],
        "marketo_id": item["marketo_id"],
        "dynamics_id": item["dynamics_id"],
        "person_exists": person_exists(item),
        "failures": item["failures"],
        "attempts": item["attempts"],
        "first_seen": item["first_seen"],
        "last_seen": item["last_seen"],
        "cycle_id": item["cycle_id"],
    }


def person_exists(item: QuarantineRow) -> bool:
    """Tell whether the item has a person whose activity log can tell of it.

    A row that could not become a person has none, and the person of a row that a merge in Marketo
    left over is gone.
    """
    merged_away = any(failure["rule"] == IN_MARKETO for failure in item["failures"])
    return item["marketo_id"] is not None and not merged_away


def retried_document(item: QuarantineRow) -> Json:
    """Return what became of an item, naming the rules that it fails, without its values."""
    waits = item["status"] in WAITING
    return {
        "id": item["id"],
        "status": item["status"],
        "direction": item["direction"],
        "table": item["dynamics_table"],
        "marketo_id": item["marketo_id"],
        "dynamics_id": item["dynamics_id"],
        "rules": failed_rules(item["failures"]) if waits else "",
    }


def item_story(item: QuarantineRow, events: Iterable[QuarantineEventRow]) -> Json:
    """Return an item with its values and with what happened to it so far."""
    history = [{name: event[name] for name in _TOLD} for event in events]  # type: ignore[literal-required]
    return {**item_document(item), "row": item["row"], "history": history}


def cause_text(cause: Cause) -> str:
    """Return a cause in a line, without values."""
    rule = f"{cause.field} {cause.rule}".strip()
    return f"{cause.items} x {cause.direction.replace('_', ' ')}, {cause.table}: {rule}"


def cause_document(cause: Cause) -> Json:
    """Return a cause as JSON."""
    return asdict(cause)


_TOLD = ("at", "kind", "actor", "cycle_id", "detail")
