"""Guards that stop a cycle before it does what a person should look at first."""

from __future__ import annotations

from collections import Counter

from leadsync.cycle.context import Engine
from leadsync.cycle.work import Work
from leadsync.errors import LeadsyncError
from leadsync.mapping.plan import Policies, SyncPlan

#: fewer deletions than this are never a mass delete, whatever their share.
FEW_DELETIONS = 3


class MassDeleteError(LeadsyncError):
    """More records vanished than the mapping's ``mass_delete_share`` allows (S079)."""


def guard_mass_delete(engine: Engine, plan: SyncPlan, work: Work) -> None:
    """Stop before flagging when too many of a table's linked records were deleted.

    :raises MassDeleteError: names the table, the number and the limit.
    """
    if not work.removals:
        return
    counts = engine.store.counts()
    removed = Counter(removal.link["dynamics_table"] for removal in work.removals)
    for table, count in removed.items():
        linked = counts[f"links_{table}"]
        limit = _exceeded(plan.policies, count, linked)
        if limit is not None:
            raise MassDeleteError(
                f"{count} of {linked} linked {table} records were deleted in Dynamics in one "
                f"window, more than {limit} allows; nothing was written.",
                remedy="Check whether the deletion was meant; if it was, raise "
                f"{limit.partition(' ')[0]} in the mapping file for the next cycle.",
            )


def guard_missing_persons(plan: SyncPlan, table: str, missing: int, linked: int) -> None:
    """Stop when a full comparison misses too many persons: it may be looking at another Marketo.

    Persons that a feed reports as deleted do not count: Marketo itself has said so.

    :raises MassDeleteError: names the table, the number and the limit.
    """
    limit = _exceeded(plan.policies, missing, linked)
    if limit is not None:
        raise MassDeleteError(
            f"{missing} of {linked} persons linked to {table} records are not in Marketo, more "
            f"than {limit} allows; nothing was written.",
            remedy="Check that the connection leads to the right Marketo instance; if the persons "
            f"were meant to be deleted, raise {limit.partition(' ')[0]} for the next cycle.",
        )


def _exceeded(policies: Policies, count: int, linked: int) -> str | None:
    """Return the policy that so many vanished records exceed, with its value."""
    if count < FEW_DELETIONS:
        return None
    if count > policies.mass_delete_share * linked:
        return f"mass_delete_share ({policies.mass_delete_share:.0%})"
    if count > policies.mass_delete_count:
        return f"mass_delete_count ({policies.mass_delete_count})"
    return None
