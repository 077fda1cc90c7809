"""Judges writes to Dynamics by what their rows are in that very moment (S086, S096)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadsync.model import Json, RowWrite

#: what may reach a row that is out of scope.
_STOP = {"donotbulkemail"}

#: whether rows are closed, and whether they are out of scope.
States = Mapping[str, tuple[bool, bool]]


def states(rows: Mapping[str, Mapping[str, Json]], writes: Sequence[RowWrite]) -> States:
    """Return what the rows are that are about to be written."""
    found = ((write.row_id, rows[write.table].get(write.row_id)) for write in writes)
    return {
        row_id: (row["statecode"] != 0, row["new_synctomkto"] is False)
        for row_id, row in found
        if row is not None
    }


def check_moment(before: States, writes: Sequence[RowWrite], results: Sequence[Any]) -> None:
    """Judge what was written: a change that was not read yet must have refused it."""
    for write, result in zip(writes, results, strict=True):
        if result.status == "written":
            closed, out = before.get(write.row_id, (False, False))
            assert not closed, f"S096: {write} goes to a row that is closed by now"
            pushed = out and set(write.body) - _STOP
            assert not pushed, f"S086: {write} goes to a row that is out of scope by now"
