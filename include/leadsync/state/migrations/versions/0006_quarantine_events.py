"""The history of quarantine items; items that were retried wait as well."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table of events, and let the index of waiting items cover retried ones."""
    op.create_table(
        "quarantine_event",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("cycle_id", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["quarantine.id"], name="fk_quarantine_event_item_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine_event"),
    )
    op.create_index("ix_quarantine_event_item", "quarantine_event", ["item_id"], unique=False)
    op.drop_index("uq_quarantine_waiting", table_name="quarantine")
    where = sa.text("status IN ('open', 'released', 'retried')")
    op.create_index(
        "uq_quarantine_waiting",
        "quarantine",
        ["record_key"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
