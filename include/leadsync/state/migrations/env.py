"""Alembic environment: runs on the connection that ``leadsync.state.migrate`` hands in."""

from __future__ import annotations

from alembic import context

from leadsync.state.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
    target_metadata=metadata,
    transaction_per_migration=False,
    render_as_batch=True,
)
context.run_migrations()
