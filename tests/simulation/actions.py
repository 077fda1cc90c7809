"""What users do in random schedules, how often, and in what kinds of runs."""

from __future__ import annotations

from functools import cache

#: what users do, how often, and what kind of run it belongs to, if not to every.
ACTIONS = (
    ("edit_person", 6, ""),
    ("edit_row", 6, ""),
    ("edit_both", 5, ""),
    ("edit_again", 2, ""),
    ("edit_equally", 2, ""),
    ("add_row", 2, ""),
    ("add_person", 1, ""),
    ("ask_for_person", 2, ""),
    ("flip", 1, ""),
    ("leave", 2, ""),
    ("come_back", 2, ""),
    ("qualify", 1, ""),
    ("delete_person", 1, "deletions"),
    ("delete_row", 1, "deletions"),
    ("restore_row", 1, "deletions"),
    ("close_row", 3, "closings"),
    ("reopen_row", 3, "closings"),
    ("close_and_edit", 2, "closings"),
    ("merge_rows", 2, "row_merges"),
    ("leave", 4, "related"),
    ("merge_persons", 5, "person_merges"),
    ("merge_pairs", 5, "person_merges"),
    ("merge_persons_on", 3, "person_merges"),
    ("merge_qualified", 3, "person_merges"),
    ("edit_account", 6, "related"),
    ("employ", 6, "related"),
    ("dismiss", 4, "related"),
    ("remove_account", 3, "related"),
    ("employ_unseen", 3, "related"),
    ("hide_account", 2, "related"),
    ("show_accounts", 2, "related"),
    ("leave_account", 3, "related"),
    ("assign_owner", 4, "related"),
    ("edit_owner", 4, "related"),
    ("disable_owner", 4, "related"),
    ("edit_company", 4, "related"),
    ("ask_for_employee", 4, "related"),
)


@cache
def weighted_actions(*kinds_of_run: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return what users may do, and how often."""
    chosen = [(kind, weight) for kind, weight, run in ACTIONS if run in ("", *kinds_of_run)]
    kinds, weights = zip(*chosen, strict=True)
    return kinds, weights
