"""Server-side logic of the organisation's own developers, as switched (reference 9, 18)."""

from __future__ import annotations

from leadsync_sandbox.dynamics.errors import ApiError
from leadsync_sandbox.dynamics.rows import Row
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.session import Session


def run_plugins(session: Session, table: Table, message: str, current: Row, values: Row) -> Row:
    """Return the columns that synchronous plug-ins set on this write.

    :param message: ``create`` or ``update``.
    :raises ApiError: 400 ``0x80040265`` with the author's text when one aborts the write.
    """
    changes: Row = {}
    for plugin in session.settings["plugins"]:
        if plugin["table"] != table.name or plugin.get("message", message) != message:
            continue
        row = {**current, **values}
        if any(row.get(name) != wanted for name, wanted in plugin.get("when", {}).items()):
            continue
        if "abort" in plugin:
            raise ApiError(400, "0x80040265", plugin["abort"])
        changes.update(plugin.get("set", {}))
    return changes
