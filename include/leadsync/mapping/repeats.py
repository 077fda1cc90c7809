"""Finds Marketo fields and columns that are mapped twice: two sources for one target (F10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from leadsync.mapping.model import Mapping
from leadsync.model import (
    DYNAMICS_MARKETO_ID,
    DYNAMICS_SYNC_FLAG,
    MARKETO_OWN_FIELDS,
    TABLES,
)

_RESERVED_FIELDS = frozenset(name.casefold() for name in ("id", *MARKETO_OWN_FIELDS))
_RESERVED_COLUMNS = frozenset({DYNAMICS_MARKETO_ID, DYNAMICS_SYNC_FLAG})
_FIELD = "Marketo field"


@dataclass(frozen=True, slots=True)
class _Use:
    """A name that an entry takes for itself.

    :param scope: the people or the table for which it is taken.
    """

    scope: str
    kind: str
    name: str
    path: tuple[str | int, ...]


def repeated_names(mapping: Mapping) -> list[str]:
    """Return a message for each name that is used twice or belongs to leadsync itself.

    The Marketo field of a lead's column may also be a company field: a company is a contact's.
    """
    uses: dict[tuple[str, str], list[_Use]] = defaultdict(list)
    for use in _uses(mapping):
        uses[(use.scope, use.name.casefold())].append(use)
    repeated = [_repeated(mapping, *found[:2]) for found in uses.values() if len(found) > 1]
    return [*repeated, *_reserved(mapping)]


def _repeated(mapping: Mapping, first: _Use, second: _Use) -> str:
    return (
        f'{mapping.where(*second.path)}: the {second.kind} "{second.name}" is mapped already in '
        f"{mapping.where(*first.path)}; keep one of the two"
    )


def _uses(mapping: Mapping) -> Iterator[_Use]:
    for position, entry in enumerate(mapping.fields):
        tables = [table for table in TABLES if entry.column(table)]
        for scope in ("fields", *(f"people who are {table}s" for table in tables)):
            yield _Use(scope, _FIELD, entry.marketo, ("fields", position, "marketo"))
        for table in tables:
            column = entry.column(table) or ""
            yield _Use(table, f"{table} column", column, ("fields", position, table))
    for position, company in enumerate(mapping.company):
        for scope in ("company", "people who are contacts"):
            yield _Use(scope, _FIELD, company.marketo, ("company", position, "marketo"))
    for position, owner in enumerate(mapping.owner):
        for scope in ("owner", "people who are leads", "people who are contacts"):
            yield _Use(scope, _FIELD, owner.marketo, ("owner", position, "marketo"))


def _reserved(mapping: Mapping) -> Iterator[str]:
    for use in _uses(mapping):
        reserved = _RESERVED_FIELDS if use.kind == _FIELD else _RESERVED_COLUMNS
        if use.name.casefold() in reserved:
            where = mapping.where(*use.path)
            yield f'{where}: "{use.name}" belongs to leadsync itself; remove the entry'
