"""Privileges and column security of the calling user (reference/dataverse-webapi.md 20)."""

from __future__ import annotations

from typing import Any

from leadsync_sandbox.dynamics.errors import ApiError, privilege_denied
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.session import Session

_COLUMN_CODES = {"create": "0x8004f502", "update": "0x8004f507"}


def require_privilege(session: Session, table: Table, verb: str, depth: str = "") -> None:
    """Let the call pass only when the caller's role holds ``prv{verb}{table}``.

    :param depth: ``organization`` where that level is needed, such as for change tracking.
    :raises ApiError: 403 ``0x80040220`` naming the privilege.
    """
    missing = session.settings["missing_privileges"]
    privilege = f"prv{verb}{table.schema_name}"
    if privilege in missing or (depth and f"{privilege}:{depth}" in missing):
        raise privilege_denied(
            session.user_id, privilege, table.name, table.object_type_code, depth or "user"
        )


def require_columns(
    session: Session, table: Table, values: dict[str, Any], permission: str
) -> None:
    """Refuse a write of a secured column without ``create`` or ``update`` permission.

    :raises ApiError: 403 ``0x8004f502`` or ``0x8004f507``.
    """
    for name in values:
        allowed = session.settings["secured_columns"].get(f"{table.name}.{name}")
        if allowed is not None and permission not in allowed:
            raise ApiError(
                403,
                _COLUMN_CODES[permission],
                f"The user does not have {permission} permissions to a secured field: {name}.",
            )


def hidden_columns(session: Session, table: Table) -> set[str]:
    """Return the columns whose values the caller may not read; they show as null."""
    prefix = f"{table.name}."
    return {
        name.removeprefix(prefix)
        for name, allowed in session.settings["secured_columns"].items()
        if name.startswith(prefix) and "read" not in allowed
    }
