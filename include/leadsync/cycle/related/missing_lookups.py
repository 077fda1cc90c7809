"""What a record refers to and nobody can read, and the quarantine items that tell of it (S104)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from leadsync.model import Json
from leadsync.state.port import FailureItem, QuarantineRow

RULE = "lookup_missing"


@dataclass(frozen=True, slots=True)
class MissingLookup:
    """What a record on its way to Marketo refers to and nobody can read.

    :param column: the lookup column; ``record`` names both sides of the pair.
    """

    record: Json
    column: str
    target_table: str
    target_id: str

    @property
    def reason(self) -> str:
        """Why the record waits."""
        return f"waits for {self.target_table} {self.target_id}, which cannot be read"

    @property
    def failure(self) -> FailureItem:
        """Why the record fails in the end."""
        target = f"{self.target_table} {self.target_id}"
        return FailureItem(
            field=self.column,
            rule=RULE,
            value=self.target_id,
            limit=self.target_table,
            message=f"lookup missing: {target}; give the application user read access to it or "
            "let the record refer to another; it is tried again when it changes, when "
            f"the {self.target_table} changes, or when it is released",
            source="validation",
        )


def awaited(quarantine: Iterable[QuarantineRow]) -> set[str]:
    """Return the ids that quarantined records wait for."""
    return {found for item in quarantine if (found := target_of(item)) is not None}


def arrived(quarantine: Iterable[QuarantineRow], table: str, ids: set[str]) -> set[str]:
    """Return the Dynamics ids of ``table`` whose missing lookup is among ``ids`` now."""
    return {
        item["dynamics_id"]
        for item in quarantine
        if item["dynamics_table"] == table and item["dynamics_id"] and target_of(item) in ids
    }


def target_of(item: QuarantineRow) -> str | None:
    """Return the id that a quarantined record waits for, if that is its trouble."""
    for failure in item["failures"]:
        if failure["rule"] == RULE:
            return failure["value"]
    return None
