"""Marks on e-mail addresses that outlive their records: erased, opted out (semantics.md 6, 8.J).

The store keeps a hash only: SHA-256 of the address, trimmed and case-folded, behind a fixed text
that keeps the hashes apart from those of other products.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from leadsync.cycle.context import Cycle, Engine
from leadsync.state.port import MarkKind, MarkRow, StateChanges

#: document in which the merge leaves the marks to set and to lift.
MARKS = "marks"
NAMESPACE = "leadsync e-mail address v1:"


def address_hash(email_key: str) -> str:
    """Return the hash under which marks of an address are kept."""
    return hashlib.sha256((NAMESPACE + email_key).encode()).hexdigest()


def marked(engine: Engine, kind: MarkKind, email_keys: Iterable[str | None]) -> set[str]:
    """Return those e-mail keys that carry a mark of ``kind``."""
    by_hash = {address_hash(key): key for key in email_keys if key is not None}
    if not by_hash:
        return set()
    return {by_hash[found] for found in engine.store.marks(kind, sorted(by_hash))}


def add_marks(engine: Engine, cycle: Cycle, changes: StateChanges) -> None:
    """Add the marks that the merge set and lifted to what the commit stores."""
    document = engine.staging.read_document(cycle.cycle_id, MARKS) or {}
    now = cycle.opened_at
    opted: list[str] = document.get("opted_out", [])
    lifted: list[str] = document.get("lifted", [])
    changes.marks.extend(MarkRow(kind="opted_out", key_hash=one, at=now) for one in opted)
    changes.marks_dropped.extend(("opted_out", one) for one in lifted)
