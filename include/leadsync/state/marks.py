"""Facts about e-mail addresses that outlive their records, in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from leadsync.state.bulk import upsert
from leadsync.state.port import MarkKind, MarkRow
from leadsync.state.statements import among
from leadsync.state.tables import mark


def write(
    connection: Connection, dropped: Sequence[tuple[MarkKind, str]], rows: Sequence[MarkRow]
) -> None:
    """Remove marks, then upsert others."""
    for kind in sorted({kind for kind, _ in dropped}):
        hashes = [key_hash for its_kind, key_hash in dropped if its_kind == kind]
        connection.execute(
            delete(mark).where(mark.c.kind == kind, among(connection, mark.c.key_hash, hashes))
        )
    upsert(connection, mark, rows)


def found(connection: Connection, kind: MarkKind, key_hashes: Sequence[str]) -> set[str]:
    """Return those hashes that carry a mark of ``kind``."""
    chosen = select(mark.c.key_hash).where(
        mark.c.kind == kind, among(connection, mark.c.key_hash, key_hashes)
    )
    return set(connection.execute(chosen).scalars())
