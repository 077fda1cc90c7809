"""Activities for persons' logs in Marketo, waiting to be sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "person_activity",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("marketo_id", sa.BigInteger(), nullable=False),
        sa.Column("dynamics_id", sa.Text(), nullable=True),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_person_activity"),
    )
    op.create_index("ix_person_activity_item", "person_activity", ["item_id"], unique=False)
    where = sa.text("status IN ('waiting', 'sending')")
    op.create_index(
        "ix_person_activity_unsent",
        "person_activity",
        ["created_at", "key"],
        unique=False,
        sqlite_where=where,
        postgresql_where=where,
    )
