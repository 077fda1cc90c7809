"""Stored persons: bulk reads and writes, and their form in answers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadsync_sandbox.common.database import Database, placeholders
from leadsync_sandbox.common.keep import Keep
from leadsync_sandbox.marketo.fields import Field

FIRST_PERSON_ID = 1001
DEFAULT_FIELDS = ("id", "email", "updatedAt", "createdAt", "firstName", "lastName")


@dataclass(slots=True)
class Person:
    """A person; ``data`` holds only the values that are set.

    :param updated_at: visible stamp, moved by standard fields only.
    :param changed_at: internal stamp, moved by any field (reference/marketo-rest.md 7.3).
    """

    id: int
    created_at: str
    updated_at: str
    changed_at: str
    data: dict[str, Any]

    def value(self, field: Field) -> Any:
        """Return a field's value as REST shows it."""
        if field.name in _COLUMNS:
            return getattr(self, _COLUMNS[field.name])
        if field.name == "mktoName":
            parts = (self.data.get("firstName"), self.data.get("lastName"))
            return " ".join(part for part in parts if part) or None
        default = False if field.data_type == "boolean" else None
        return self.data.get(field.name, 1 if field.name == "leadPartitionId" else default)

    def shown(self, names: Sequence[str], fields: Mapping[str, Field]) -> dict[str, Any]:
        """Return the member of a ``result``: ``id`` and the named fields, nulls explicit."""
        return {"id": self.id, **{name: self.value(fields[name]) for name in names}}

    def set(self, name: str, value: Any) -> None:
        """Store a value; ``None`` removes it."""
        if value is None:
            self.data.pop(name, None)
        else:
            self.data[name] = value

    @property
    def email_key(self) -> str:
        return str(self.data.get("email") or "").lower()


_COLUMNS = {"id": "id", "createdAt": "created_at", "updatedAt": "updated_at"}


class People:
    """The person table."""

    def __init__(self, database: Database, keep: Keep) -> None:
        self._database = database
        self._keep = keep

    def reserve_ids(self, count: int) -> int:
        """Reserve ``count`` ids, which are never used again, and return the first."""
        return self._keep.take_numbers("person", count, FIRST_PERSON_ID)

    def by_ids(self, ids: Iterable[int]) -> dict[int, Person]:
        """Return the persons among ``ids``."""
        wanted = list(dict.fromkeys(ids))
        found: dict[int, Person] = {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            sql = f"SELECT * FROM person WHERE id IN ({placeholders(part)})"
            found.update({row["id"]: _person(row) for row in self._database.rows(sql, part)})
        return found

    def find(
        self, name: str, values: Sequence[Any], *, after: int = 0, most: int = -1
    ) -> list[Person]:
        """Return persons whose field equals one of ``values``, by ascending id.

        Text compares without case, as the service does for addresses.
        """
        if not values:
            return []
        sql = (
            f"SELECT * FROM person WHERE {_column(name)} IN ({placeholders(values)}) "
            "AND id > ? ORDER BY id LIMIT ?"
        )
        return [_person(row) for row in self._database.rows(sql, [*values, after, most])]

    def count(self, name: str, values: Sequence[Any]) -> int:
        """Return how many persons :meth:`find` would find."""
        sql = f"SELECT count(*) FROM person WHERE {_column(name)} IN ({placeholders(values)})"
        return int(self._database.value(sql, list(values)))

    def select(self, where: str, parameters: Sequence[Any]) -> list[Person]:
        """Return persons by a condition on the table's own columns, by ascending id."""
        sql = f"SELECT * FROM person WHERE {where} ORDER BY id"
        return [_person(row) for row in self._database.rows(sql, parameters)]

    def insert(self, people: Iterable[Person]) -> None:
        """Store new persons."""
        self._database.run_many("INSERT INTO person VALUES (?, ?, ?, ?, ?)", map(_row, people))

    def update(self, people: Iterable[Person]) -> None:
        """Store changed persons."""
        self._database.run_many("REPLACE INTO person VALUES (?, ?, ?, ?, ?)", map(_row, people))

    def delete(self, ids: Sequence[int]) -> None:
        """Remove persons and their list memberships."""
        with self._database.transaction():
            marks = placeholders(ids)
            self._database.run(f"DELETE FROM member WHERE person_id IN ({marks})", ids)
            self._database.run(f"DELETE FROM person WHERE id IN ({marks})", ids)


def _column(name: str) -> str:
    return "id" if name == "id" else f"json_extract(data, '$.{name}') COLLATE NOCASE"


def _person(row: sqlite3.Row) -> Person:
    return Person(
        row["id"], row["created_at"], row["updated_at"], row["changed_at"], json.loads(row["data"])
    )


def _row(person: Person) -> tuple[Any, ...]:
    data = json.dumps(person.data, ensure_ascii=False, separators=(",", ":"))
    return person.id, person.created_at, person.updated_at, person.changed_at, data
