"""Links that were never confirmed are looked for as creates are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the index of unconfirmed intents cover them."""
    op.drop_index("ix_intent_unconfirmed_create", table_name="intent")
    where = sa.text("operation IN ('create', 'link') AND status = 'pending'")
    op.create_index(
        "ix_intent_unconfirmed",
        "intent",
        ["dynamics_id"],
        unique=False,
        sqlite_where=where,
        postgresql_where=where,
    )
