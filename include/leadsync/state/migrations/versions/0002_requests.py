"""Requests, related records, lookups and marks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "request",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("marketo_id", sa.BigInteger(), nullable=True),
        sa.Column("dynamics_table", sa.Text(), nullable=True),
        sa.Column("dynamics_id", sa.Text(), nullable=True),
        sa.Column("sync_as", sa.Text(), nullable=True),
        sa.Column("assign_to", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("cycle_id", sa.Text(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="pk_request"),
    )
    op.create_index("ix_request_status", "request", ["status", "requested_at"], unique=False)
    op.create_table(
        "related_row",
        sa.Column("table", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("table", "id", name="pk_related_row"),
    )
    op.create_table(
        "lookup",
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("column", sa.Text(), nullable=False),
        sa.Column("target_table", sa.Text(), nullable=True),
        sa.Column("target_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("link_id", "column", name="pk_lookup"),
    )
    op.create_index(
        "ix_lookup_target", "lookup", ["column", "target_table", "target_id"], unique=False
    )
    op.create_table(
        "mark",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key_hash", name="pk_mark"),
    )
