"""Hashes of a record's mapped values, in the form that they are compared.

Two records with one fingerprint have nothing to write to each other, whatever their spelling.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

from leadsync.mapping.plan import FieldPlan, TablePlan
from leadsync.model import Direction
from leadsync.state.port import Values
from leadsync.values.marks import ABSENT

_NULL = "\0null"


def fingerprint(fields: Iterable[FieldPlan], values: Values) -> bytes:
    """Return the hash of the values of ``fields``; one that is absent has a value of its own."""
    digest = hashlib.blake2b(digest_size=16)
    for plan in fields:
        compared = plan.comparable(values.get(plan.name, ABSENT))
        text = _NULL if compared is None else compared
        digest.update(f"{len(text)}:{text}".encode("utf-8", "surrogatepass"))
    return digest.digest()


def equals_base(fields: Iterable[FieldPlan], values: Values, base: Values) -> bool:
    """Tell whether one side of a pair is as both sides agreed; what is unknown is left out."""
    known = [plan for plan in fields if values.get(plan.name, ABSENT) != ABSENT]
    return fingerprint(known, values) == fingerprint(known, base)


@lru_cache(maxsize=64)
def fields_from(direction: Direction, table: TablePlan) -> tuple[FieldPlan, ...]:
    """Return the fields whose changes flow in ``direction``."""
    return tuple(plan for plan in table.fields if plan.flows(direction))
