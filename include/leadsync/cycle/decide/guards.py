"""Guards that stop a cycle before it does what a person should look at first."""

from __future__ import annotations

from collections import Counter

from leadsync.cycle.context import Engine
from leadsync.cycle.work import Work
from leadsync.errors import LeadsyncError
from leadsync.mapping.plan import SyncPlan

#: fewer deletions than this are never a mass delete, whatever their share.
FEW_DELETIONS = 3


class MassDeleteError(LeadsyncError):
    """More records vanished than the mapping's ``mass_delete_share`` allows (S079)."""


def guard_mass_delete(engine: Engine, plan: SyncPlan, work: Work) -> None:
    """Stop before flagging when too large a share of a table's linked records was deleted.

    :raises MassDeleteError: names the table, the number and the share.
    """
    counts = engine.store.counts()
    removed = Counter(removal.link["dynamics_table"] for removal in work.removals)
    for table, count in removed.items():
        linked = counts[f"links_{table}"]
        share = plan.policies.mass_delete_share
        if count >= FEW_DELETIONS and count > share * linked:
            raise MassDeleteError(
                f"{count} of {linked} linked {table} records were deleted in Dynamics in one "
                f"window, more than mass_delete_share ({share:.0%}) allows; nothing was written.",
                remedy="Check whether the deletion was meant; if it was, raise mass_delete_share "
                "in the mapping file for the next cycle.",
            )


def guard_missing_persons(plan: SyncPlan, table: str, missing: int, linked: int) -> None:
    """Stop when a full comparison misses too many persons: it may be looking at another Marketo.

    Persons that a feed reports as deleted do not count: Marketo itself has said so.

    :raises MassDeleteError: names the table, the number and the share.
    """
    share = plan.policies.mass_delete_share
    if missing >= FEW_DELETIONS and missing > share * linked:
        raise MassDeleteError(
            f"{missing} of {linked} persons linked to {table} records are not in Marketo, more "
            f"than mass_delete_share ({share:.0%}) allows; nothing was written.",
            remedy="Check that the connection leads to the right Marketo instance; if the persons "
            "were meant to be deleted, raise mass_delete_share for the next cycle.",
        )
