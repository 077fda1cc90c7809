"""Close the row of a person that was deleted in Marketo, where the policy says so (S078).

A row that changed meanwhile is closed by the next cycle, as it is then. A cycle that would close
more rows than ``deactivate_limit`` stops before it writes anything.
"""

from __future__ import annotations

from collections.abc import Mapping

from leadsync.cycle.carried import Unfinished, person_key, row_key
from leadsync.cycle.context import Engine
from leadsync.cycle.gather.endings import Ending
from leadsync.cycle.gather.inactive_rows import is_active
from leadsync.cycle.reading import as_table
from leadsync.cycle.work import Work
from leadsync.errors import LeadsyncError
from leadsync.mapping.plan import SyncPlan
from leadsync.model import Json
from leadsync.state.port import LinkRow


class DeactivateLimitError(LeadsyncError):
    """More rows are to be closed in one cycle than ``deactivate_limit`` allows (S078)."""


def guard_deactivations(plan: SyncPlan, work: Work) -> None:
    """Stop before too many rows are closed.

    :raises DeactivateLimitError: names the number and the limit.
    """
    count = sum(ending.kind == "deactivate" for ending in work.endings)
    limit = plan.policies.deactivate_limit
    if count > limit:
        raise DeactivateLimitError(
            f"{count} records of Dynamics are to be deactivated in one cycle, because their "
            f"persons were deleted or merged in Marketo; deactivate_limit allows {limit}. Nothing "
            "was written.",
            remedy="Check whether the deletions were meant; if they were, raise deactivate_limit "
            "in the mapping file for the next cycle.",
        )


def close_row(work: Work, closed: LinkRow, person: int, row: Json | None) -> bool:
    """Ask for the row of a closed link to be deactivated; tell whether that is needed.

    :param row: the row as this window has it.
    """
    if closed_already(closed, row):
        return False
    etag = row["etag"] if row else closed["etag"]
    ending = Ending("deactivate", "dynamics", closed, person, etag)
    work.endings.append(ending)
    record: Json = {
        "table": closed["dynamics_table"],
        "dynamics_id": closed["dynamics_id"],
        "marketo_id": person,
    }
    work.settle(ending.key, "to_dynamics", record, "writing")
    return True


def closed_already(link: LinkRow, row: Json | None) -> bool:
    """Tell whether the row of a link needs no closing."""
    if row is None:
        return link["status"] == "inactive"
    return row["event"] == "deleted" or not is_active(row)


def close_again(
    engine: Engine, pending: Unfinished, person: Json, rows: Mapping[str, Json], work: Work
) -> None:
    """Ask once more for a row that had changed when it was to be closed."""
    waited = pending.deferred.get(person_key(person["marketo_id"]))
    if waited is None or waited["dynamics_id"] is None:
        return
    table = as_table(waited["dynamics_table"])
    ended = engine.store.links_of_rows(table, [waited["dynamics_id"]])
    last = max(ended, key=lambda link: link["updated_at"], default=None)
    if last is not None and last["status"] in ("merged", "marketo_deleted"):
        close_row(work, last, person["marketo_id"], rows.get(last["dynamics_id"]))


def is_being_closed(work: Work, row: Json) -> bool:
    """Tell whether this cycle closes the row."""
    key = row_key(row["table"], row["dynamics_id"])
    return any(
        row_key(ending.link["dynamics_table"], ending.link["dynamics_id"]) == key
        for ending in work.endings
    )
