"""What one request works with: database, schema, time, caller and switches."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadsync_sandbox.common.database import Database
from leadsync_sandbox.dynamics.errors import unknown_segment
from leadsync_sandbox.dynamics.layout import read_schema
from leadsync_sandbox.dynamics.schema import Schema, Table

API_PATH = "/api/data/v9.2/"


@dataclass(slots=True)
class Session:
    """The state of one request.

    :param now: the sandbox's time, UTC, whole seconds.
    :param user_id: the calling user's ``systemuserid``.
    :param root: service root with trailing slash, from the request's own host.
    :param settings: the organisation's switches, see :mod:`.switches`.
    :param trusted: an import: stamped columns are taken as given, disabled users may own rows.
    :param references: rows made earlier in the same change set, by ``Content-ID``.
    """

    database: Database
    schema: Schema
    now: datetime
    user_id: str
    root: str
    settings: dict[str, Any]
    trusted: bool = False
    references: dict[str, tuple[Table, str]] = field(default_factory=dict)

    @property
    def timestamp(self) -> str:
        """The time as stored in a row."""
        return self.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def table(self, name: str) -> Table:
        """Return a table by logical name."""
        return self.schema.tables[name]

    def table_of_set(self, entity_set: str) -> Table:
        """Return a table by entity set name.

        :raises ApiError: 404 for an unknown set (section 4.3).
        """
        try:
            return self.schema.by_set[entity_set]
        except KeyError:
            raise unknown_segment(entity_set) from None

    def refresh_schema(self) -> None:
        """Work with the schema as stored now, after a metadata change."""
        self.schema = read_schema(self.database)

    def address(self, table: Table, row_id: str) -> str:
        """Return the absolute URL of a row."""
        return f"{self.root}{table.entity_set}({row_id})"
