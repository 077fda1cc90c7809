"""The first tables of the state store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "call_bucket",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("system", "bucket", name="pk_call_bucket"),
    )
    op.create_table(
        "call_day",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("system", "day", name="pk_call_day"),
    )
    op.create_table(
        "cursor",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_cursor"),
    )
    op.create_table(
        "cycle",
        sa.Column("cycle_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("window_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("cycle_id", name="pk_cycle"),
    )
    op.create_index("ix_cycle_opened_at", "cycle", ["opened_at"], unique=False)
    op.create_table(
        "deferred",
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("dynamics_table", sa.Text(), nullable=False),
        sa.Column("marketo_id", sa.BigInteger(), nullable=True),
        sa.Column("dynamics_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since_cycle", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("record_key", name="pk_deferred"),
    )
    op.create_table(
        "intent",
        sa.Column("intent_id", sa.Text(), nullable=False),
        sa.Column("cycle_id", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("dynamics_table", sa.Text(), nullable=False),
        sa.Column("marketo_id", sa.BigInteger(), nullable=True),
        sa.Column("dynamics_id", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("intent_id", name="pk_intent"),
    )
    op.create_index("ix_intent_cycle", "intent", ["cycle_id", "side"], unique=False)
    op.create_index(
        "ix_intent_unconfirmed_create",
        "intent",
        ["dynamics_id"],
        unique=False,
        sqlite_where=sa.text("operation = 'create' AND status = 'pending'"),
        postgresql_where=sa.text("operation = 'create' AND status = 'pending'"),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cycle_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=True),
        sa.Column("dynamics_table", sa.Text(), nullable=False),
        sa.Column("marketo_id", sa.BigInteger(), nullable=True),
        sa.Column("dynamics_id", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("marketo", sa.Text(), nullable=True),
        sa.Column("dynamics", sa.Text(), nullable=True),
        sa.Column("winner", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
    )
    op.create_index("ix_journal_cycle", "journal", ["cycle_id"], unique=False)
    op.create_index("ix_journal_person", "journal", ["marketo_id"], unique=False)
    op.create_index("ix_journal_row", "journal", ["dynamics_id"], unique=False)
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )
    op.create_table(
        "link",
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("marketo_id", sa.BigInteger(), nullable=False),
        sa.Column("dynamics_table", sa.Text(), nullable=False),
        sa.Column("dynamics_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("cycle_id", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("link_id", name="pk_link"),
    )
    op.create_index("ix_link_person", "link", ["marketo_id"], unique=False)
    op.create_index("ix_link_row", "link", ["dynamics_table", "dynamics_id"], unique=False)
    op.create_index(
        "uq_link_live_person",
        "link",
        ["marketo_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('open', 'out_of_scope')"),
        postgresql_where=sa.text("status IN ('open', 'out_of_scope')"),
    )
    op.create_index(
        "uq_link_live_row",
        "link",
        ["dynamics_table", "dynamics_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('open', 'out_of_scope')"),
        postgresql_where=sa.text("status IN ('open', 'out_of_scope')"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("dynamics_table", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("marketo_id", sa.BigInteger(), nullable=True),
        sa.Column("dynamics_id", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("rules_hash", sa.Text(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("failures", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cycle_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
    )
    op.create_index("ix_quarantine_status", "quarantine", ["status", "last_seen"], unique=False)
    op.create_index(
        "uq_quarantine_waiting",
        "quarantine",
        ["record_key"],
        unique=True,
        sqlite_where=sa.text("status IN ('open', 'released')"),
        postgresql_where=sa.text("status IN ('open', 'released')"),
    )
    op.create_table(
        "schema_cache",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_schema_cache"),
    )
    op.create_table(
        "seen_activity",
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("guid", name="pk_seen_activity"),
    )
    op.create_index("ix_seen_activity_at", "seen_activity", ["at"], unique=False)
    op.create_table(
        "base_value",
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"], ["link.link_id"], name="fk_base_value_link_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("link_id", name="pk_base_value"),
    )
