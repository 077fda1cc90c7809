"""The journal tells what a record was made with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; records made before have nothing there."""
    op.add_column("journal", sa.Column("made_with", sa.Text()))
