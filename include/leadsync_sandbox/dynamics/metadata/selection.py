"""``$filter`` and ``$select`` over metadata, which has no paging (section 19, facts)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from leadsync_sandbox.dynamics.errors import query_error
from leadsync_sandbox.dynamics.query.parser import parse_filter
from leadsync_sandbox.dynamics.query.tree import (
    Both,
    Comparison,
    Condition,
    Not,
    Operand,
    TextTest,
    Value,
)

Json = dict[str, Any]
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}
_OPTIONS = ("$select", "$filter", "$expand")


def require_options(parameters: Mapping[str, str]) -> None:
    """Refuse query options that metadata does not know.

    :raises ApiError: 400 ``0x80060888``.
    """
    for name in parameters:
        if name.startswith("$") and name not in _OPTIONS:
            raise query_error(f"The query parameter {name} is not supported on metadata.")


def filtered(items: Iterable[Json], text: str | None) -> list[Json]:
    """Return the items that a filter lets through."""
    if text is None:
        return list(items)
    condition = parse_filter(text)
    return [item for item in items if _holds(condition, item)]


def selected(item: Json, text: str | None, type_name: str, known: Iterable[str] = ()) -> Json:
    """Return the selected members of an item; type and ``MetadataId`` always come along.

    :param known: further members of the type that this item happens not to have.
    :raises ApiError: 400 for a member that the type does not have, such as a derived property
        without a cast.
    """
    if text is None:
        return dict(item)
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in item and name not in known:
            raise query_error(f"Could not find a property named '{name}' on type '{type_name}'.")
    kept = {"@odata.type", "MetadataId", *names}
    return {name: value for name, value in item.items() if name in kept}


def _holds(condition: Condition, item: Json) -> bool:
    if isinstance(condition, Both):
        parts = (_holds(part, item) for part in condition.conditions)
        return all(parts) if condition.word == "and" else any(parts)
    if isinstance(condition, Not):
        return not _holds(condition.condition, item)
    if isinstance(condition, Comparison):
        return _compare(condition, item)
    if isinstance(condition, TextTest):
        return _text(condition, item)
    raise query_error("The function is not supported on metadata.")


def _compare(condition: Comparison, item: Json) -> bool:
    left, right = _value(condition.left, item), _value(condition.right, item)
    if condition.op in ("eq", "ne"):
        return bool((left == right) == (condition.op == "eq"))
    return left is not None and right is not None and _ORDER[condition.op](left, right)


def _text(condition: TextTest, item: Json) -> bool:
    text = str(_value(condition.path, item) or "").lower()
    wanted = condition.value.lower()
    if condition.function == "contains":
        return wanted in text
    return text.startswith(wanted) if condition.function == "startswith" else text.endswith(wanted)


def _value(operand: Operand, item: Json) -> Any:
    if isinstance(operand, Value):
        return operand.content
    found: Any = item
    for name in operand.names:
        if not isinstance(found, dict) or name not in found:
            raise query_error(
                f"Could not find a property named '{operand.text}' on the metadata type."
            )
        found = found[name]
    return found
