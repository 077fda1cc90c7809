"""The plans that a process has resolved: the same input needs it only once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from leadsync.mapping.model import Mapping as FieldMapping
from leadsync.mapping.plan import SyncPlan
from leadsync.model import Schemas


@dataclass(frozen=True, slots=True)
class Resolved:
    """A plan and what it was made from.

    :param accepted: the schemas of the plan before, which tell what has vanished since.
    :param read_at: when each of the schemas was read, by its name in the state store.
    """

    plan: SyncPlan
    mapping: FieldMapping
    schemas: Schemas
    accepted: Schemas | None
    read_at: Mapping[str, datetime]


@dataclass(slots=True)
class Plans:
    """The plan of the cycle that this process works on, and the last one that it resolved."""

    of_cycle: dict[str, SyncPlan] = field(default_factory=dict)
    latest: Resolved | None = None

    def settle(self, cycle_id: str, plan: SyncPlan) -> SyncPlan:
        """Keep the plan of a cycle in the place of the cycle before."""
        self.of_cycle.clear()
        self.of_cycle[cycle_id] = plan
        return plan

    def unchanged(
        self, mapping: FieldMapping, read_at: Mapping[str, datetime], since: datetime
    ) -> SyncPlan | None:
        """Return the latest plan if the state store still holds the schemas that it was made from.

        :param read_at: when each stored schema was read.
        :param since: schemas that were read before are too old.
        """
        latest = self.latest
        if latest is None or latest.mapping is not mapping:
            return None
        kept = all(read_at.get(name) == at for name, at in latest.read_at.items())
        return latest.plan if kept and min(latest.read_at.values()) > since else None

    def made_from(
        self, mapping: FieldMapping, schemas: Schemas, accepted: Schemas | None
    ) -> SyncPlan | None:
        """Return the latest plan if it was made from the very same input."""
        latest = self.latest
        if latest is None or latest.mapping is not mapping:
            return None
        same = latest.schemas == schemas and latest.accepted == accepted
        return latest.plan if same else None
