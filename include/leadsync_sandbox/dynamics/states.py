"""State and status reason (reference/dataverse-webapi.md 8.1, 8.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadsync_sandbox.dynamics.errors import ApiError
from leadsync_sandbox.dynamics.schema import Table


def settle_on_create(table: Table, values: dict[str, Any], row_id: str) -> None:
    """Give a new row the default state; a status reason of another state is refused."""
    if "statecode" not in table.columns:
        return
    if values.get("statecode") not in (None, 0):
        raise _invalid_state()
    values["statecode"] = 0
    if values.get("statuscode") is None:
        values["statuscode"] = table.default_status[0]
    _require_reason(table, values["statuscode"], 0, row_id)


def settle_on_update(
    table: Table, current: Mapping[str, Any], values: dict[str, Any], row_id: str
) -> None:
    """Complete and check what an update does to state and status reason.

    A state alone takes its default reason; a reason alone is checked against the current state.
    """
    state, reason = values.get("statecode"), values.get("statuscode")
    if "statecode" in values:
        if state not in table.default_status:
            raise _invalid_state()
        if reason is None:
            reason = values["statuscode"] = table.default_status[state]
    elif "statuscode" in values:
        state = current["statecode"]
    else:
        return
    _require_reason(table, reason, state, row_id)


def _require_reason(table: Table, reason: Any, state: Any, row_id: str) -> None:
    known = {option.value: option.state for option in table.columns["statuscode"].options}
    if known.get(reason) != state:
        label = (table.columns["statecode"].label(state) or str(state)).replace(" ", "")
        raise ApiError(
            400,
            "0x80048408",
            f"{reason} is not a valid status code for state code {table.schema_name}State.{label} "
            f"on {table.name} with Id {row_id}.",
        )


def _invalid_state() -> ApiError:
    return ApiError(
        400,
        "0x80048408",
        "State code is invalid or state code is valid but status code is invalid for a specified "
        "state code.",
    )
