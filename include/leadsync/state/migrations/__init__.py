"""Alembic migrations of the state store, run from code by ``leadsync.state.migrate``."""

from __future__ import annotations

#: the newest revision; a database that is here needs no migration.
HEAD = "0010"
