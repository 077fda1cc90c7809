"""What the reasons of quarantine items say."""

from __future__ import annotations

from collections.abc import Iterable

from leadsync.state.rows import FailureItem

#: rules of rows that a merge left over, in Marketo or in Dynamics (S097, S100).
IN_MARKETO = "merged_in_marketo"
IN_DYNAMICS = "merged_in_dynamics"


def failed_rules(failures: Iterable[FailureItem]) -> str:
    """Name the fields and rules of a failed row, without its values."""
    names = (f"{failure['field']} {failure['rule']}".strip() for failure in failures)
    return ", ".join(dict.fromkeys(names))
