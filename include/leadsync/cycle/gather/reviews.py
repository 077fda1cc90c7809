"""Rows that a merge left over and that only a person can decide about (S097, S100).

A row is reported once, in quarantine, and stays reported until somebody merges, closes, deletes or
releases it; until then it is never linked again by its e-mail or a stored id (semantics.md 5).
"""

from __future__ import annotations

from leadsync.cycle.carried import Unfinished, row_key
from leadsync.cycle.gather.inactive_rows import is_active
from leadsync.cycle.work import Held, Work
from leadsync.model import Json
from leadsync.state.port import FailureItem, LinkRow, QuarantineRow, Values
from leadsync.state.reasons import IN_DYNAMICS, IN_MARKETO
from leadsync.state.rows import ON_THEIR_WAY

_RULES = (IN_MARKETO, IN_DYNAMICS)


def report(work: Work, link: LinkRow, person: int, failure: FailureItem) -> None:
    """Report the row of a closed link; ``person`` is the one that the item names."""
    record: Json = {
        "table": link["dynamics_table"],
        "dynamics_id": link["dynamics_id"],
        "marketo_id": person,
        "operation": "review",
    }
    _hold(work, record, {}, failure)


def merged(rule: str, other: str | None, message: str) -> FailureItem:
    """Say why a row is reported; ``other`` is the record that stays."""
    return FailureItem(
        field="", rule=rule, value=None, limit=other, message=message, source="validation"
    )


def stays_reported(
    work: Work, pending: Unfinished, row: Json, values: Values, closed: LinkRow, *, unlinks: bool
) -> bool | None:
    """Settle a row whose link ended by a merge; ``None`` when it is to be matched as a new one.

    :param unlinks: whether the policy leaves such rows alone.
    :returns: whether it is reported.
    """
    key = row_key(row["table"], row["dynamics_id"])
    if any(ending.link["dynamics_id"] == row["dynamics_id"] for ending in work.endings):
        if key not in work.outcomes:
            work.settle(key, "to_marketo", row, "out_of_scope", "its person was merged; it ends")
        return False
    if key in work.reviews:
        work.reviews[key].values = values
        return True
    item = open_review(pending, key)
    if item is not None and item["status"] in ON_THEIR_WAY:
        return None
    open_row = is_active(row) and not row["master_id"]
    if item is not None and (open_row or item["failures"][0]["rule"] == IN_DYNAMICS):
        record = {**row, "marketo_id": item["marketo_id"], "operation": "review"}
        _hold(work, record, values, item["failures"][0])
        return True
    if item is None and open_row and not unlinks and closed["link_id"] not in work.links:
        message = (
            f"person {closed['marketo_id']} of {row['table']} {row['dynamics_id']} was merged in "
            "Marketo; merge, close or delete the record, or release it to have it matched anew"
        )
        report(work, closed, closed["marketo_id"], merged(IN_MARKETO, None, message))
        return True
    work.settle(key, "to_marketo", row, "out_of_scope", "its link ended when records were merged")
    return False


def open_review(pending: Unfinished, key: str) -> QuarantineRow | None:
    """Return the item that reports a row, if there is one."""
    items = pending.quarantine.get(key, ())
    return next((item for item in items if item["failures"][0]["rule"] in _RULES), None)


def end_review(work: Work, pending: Unfinished, closed: LinkRow | None, reason: str) -> None:
    """End the report about the person of a closed link: the person no longer exists."""
    if closed is None:
        return
    key = row_key(closed["dynamics_table"], closed["dynamics_id"])
    item = open_review(pending, key)
    if item is not None and item["failures"][0]["rule"] == IN_DYNAMICS:
        record: Json = {
            "table": closed["dynamics_table"],
            "dynamics_id": closed["dynamics_id"],
            "marketo_id": closed["marketo_id"],
        }
        work.settle(key, "to_marketo", record, "out_of_scope", reason)


def _hold(work: Work, record: Json, values: Values, failure: FailureItem) -> None:
    key = row_key(record["table"], record["dynamics_id"])
    work.reviews[key] = Held(record, values, failure)
    work.settle(key, "to_marketo", record, "quarantined", failure["message"])
