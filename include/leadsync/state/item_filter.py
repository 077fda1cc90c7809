"""Which quarantine items are meant, and what they have in common: their causes.

Conditions on the reasons of an item are met by one reason together: a field and a rule mean an item
in which that field failed that rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from leadsync.model import Direction, Table
from leadsync.state.rows import FailureItem, QuarantineRow

FailureSource = Literal["validation", "server"]


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Conditions that an item must meet; those that are ``None`` leave it free.

    :param field: what failed, as the item names it: the target system's name of the field.
    :param rule: a rule of validation, or the code of a server.
    :param person: Marketo id; ``row``: Dynamics id in lower case.
    :param text: part of a reason's message, in any case.
    :param since: seen at this time or later.
    """

    direction: Direction | None = None
    table: Table | None = None
    field: str | None = None
    rule: str | None = None
    source: FailureSource | None = None
    person: int | None = None
    row: str | None = None
    text: str | None = None
    since: datetime | None = None

    def columns(self) -> dict[str, object]:
        """Return the conditions that are equalities of an item's own columns."""
        wanted = {
            "direction": self.direction,
            "dynamics_table": self.table,
            "marketo_id": self.person,
            "dynamics_id": self.row,
        }
        return {name: value for name, value in wanted.items() if value is not None}

    def reason_parts(self) -> dict[str, str]:
        """Return the conditions that are equalities of one reason's members."""
        wanted = {"field": self.field, "rule": self.rule, "source": self.source}
        return {name: value for name, value in wanted.items() if value is not None}

    def meant(self, failures: Sequence[FailureItem]) -> list[FailureItem]:
        """Return the reasons that meet the conditions on reasons."""
        wanted, text = self.reason_parts(), (self.text or "").casefold()
        return [
            failure
            for failure in failures
            if all(failure.get(name) == value for name, value in wanted.items())
            and text in failure["message"].casefold()
        ]

    def asks_for_reasons(self) -> bool:
        """Whether there are conditions on reasons."""
        return bool(self.reason_parts()) or self.text is not None

    def matches(self, item: QuarantineRow) -> bool:
        """Tell whether an item meets all conditions."""
        own: Mapping[str, Any] = item
        return (
            all(own[name] == value for name, value in self.columns().items())
            and (self.since is None or item["last_seen"] >= self.since)
            and (not self.asks_for_reasons() or bool(self.meant(item["failures"])))
        )


EVERYTHING = ItemFilter()


def row_id(text: str) -> str:
    """Return a row's id as the store keeps it; ``TABLE:GUID`` and braces are understood."""
    return text.rpartition(":")[2].strip().strip("{}").lower()


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason, and how many items share it.

    :param limit: the limit of the rule; ``None`` where the items do not share one.
    :param example: id of the item that was seen last.
    """

    direction: str
    table: str
    field: str
    rule: str
    source: str
    items: int
    limit: str | None
    first_seen: datetime
    last_seen: datetime
    example: str


#: what an item is grouped by: direction, table, field, rule, source.
_Key = tuple[str, str, str, str, str]


@dataclass(slots=True)
class _Counted:
    """The items of one cause so far."""

    first_seen: datetime
    newest: tuple[datetime, str]
    items: int = 0
    limits: set[str | None] = field(default_factory=set)

    def add(self, item: Mapping[str, Any], limits: set[str | None]) -> None:
        self.items += 1
        self.limits |= limits
        self.first_seen = min(self.first_seen, item["first_seen"])
        self.newest = max(self.newest, _seen(item))

    def cause(self, key: _Key) -> Cause:
        limit = next(iter(self.limits)) if len(self.limits) == 1 else None
        return Cause(*key, self.items, limit, self.first_seen, *self.newest)


def _seen(item: Mapping[str, Any]) -> tuple[datetime, str]:
    return item["last_seen"], item["id"]


def causes_of(items: Iterable[Mapping[str, Any]], where: ItemFilter) -> list[Cause]:
    """Group items by the reasons that ``where`` means, the most frequent first.

    :param items: ``id``, ``direction``, ``dynamics_table``, ``failures``, ``first_seen`` and
        ``last_seen`` of each; all meet ``where`` in their own columns.
    """
    counted: dict[_Key, _Counted] = {}
    for item in items:
        limits: dict[_Key, set[str | None]] = {}
        for failure in where.meant(item["failures"]):
            limits.setdefault(_key(item, failure), set()).add(failure["limit"])
        for key, found in limits.items():
            fresh = _Counted(item["first_seen"], _seen(item))
            counted.setdefault(key, fresh).add(item, found)
    return sorted((one.cause(key) for key, one in counted.items()), key=_frequent_first)


def _key(item: Mapping[str, Any], failure: FailureItem) -> _Key:
    place = item["direction"], item["dynamics_table"]
    return (*place, failure["field"], failure["rule"], failure["source"])


def _frequent_first(cause: Cause) -> tuple[Any, ...]:
    return -cause.items, cause.direction, cause.table, cause.field, cause.rule, cause.source
