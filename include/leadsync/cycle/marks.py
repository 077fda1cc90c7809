"""Marks on e-mail addresses that outlive their records: erased, opted out (semantics.md 6, 8.J).

The store keeps a hash only: SHA-256 of the address, trimmed and case-folded, behind a fixed text
that keeps the hashes apart from those of other products.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from leadsync.cycle.context import Engine
from leadsync.state.port import MarkKind

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
