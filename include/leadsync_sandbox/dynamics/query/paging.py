"""Ordered pages by key: a page starts behind the last row of the one before (section 4.2)."""

from __future__ import annotations

from typing import Any

from leadsync_sandbox.dynamics.layout import quoted
from leadsync_sandbox.dynamics.query.options import Order
from leadsync_sandbox.dynamics.schema import Table


def complete_order(table: Table, order: tuple[Order, ...]) -> tuple[Order, ...]:
    """Return the ordering with the primary key last, so that it is total."""
    if any(part.column == table.primary_id for part in order):
        return order
    return (*order, Order(table.primary_id, descending=False))


def order_clause(order: tuple[Order, ...]) -> str:
    """Return the ``ORDER BY`` list."""
    return ", ".join(
        f"t.{quoted(part.column)} {'DESC' if part.descending else 'ASC'}" for part in order
    )


def behind(order: tuple[Order, ...], last: list[Any]) -> tuple[str, list[Any]]:
    """Return the condition for rows behind the row with the values ``last``; null sorts first."""
    alternatives: list[str] = []
    parameters: list[Any] = []
    for depth, part in enumerate(order):
        tests = [f"t.{quoted(before.column)} IS ?" for before in order[:depth]]
        values = list(last[:depth])
        test, value = _after(part, last[depth])
        alternatives.append(" AND ".join([*tests, test]))
        parameters += values + value
    return "(" + " OR ".join(f"({text})" for text in alternatives) + ")", parameters


def _after(part: Order, value: Any) -> tuple[str, list[Any]]:
    name = f"t.{quoted(part.column)}"
    if value is None:
        return ("0", []) if part.descending else (f"{name} IS NOT NULL", [])
    if part.descending:
        return f"({name} < ? OR {name} IS NULL)", [value]
    return f"{name} > ?", [value]
