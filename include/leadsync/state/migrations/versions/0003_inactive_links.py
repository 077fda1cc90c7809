"""Links of rows that are not active count as live."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BEFORE = "status IN ('open', 'out_of_scope')"
_NOW = "status IN ('open', 'out_of_scope', 'inactive')"
_INDEXES = {
    "uq_link_live_person": ["marketo_id"],
    "uq_link_live_row": ["dynamics_table", "dynamics_id"],
}


def upgrade() -> None:
    """Let the indexes of live links cover them."""
    _index(_NOW)


def downgrade() -> None:
    """Call them open again, as they were before."""
    op.execute("UPDATE link SET status = 'open' WHERE status = 'inactive'")
    _index(_BEFORE)


def _index(live: str) -> None:
    for name, columns in _INDEXES.items():
        op.drop_index(name, table_name="link")
        where = sa.text(live)
        op.create_index(
            name, "link", columns, unique=True, sqlite_where=where, postgresql_where=where
        )
