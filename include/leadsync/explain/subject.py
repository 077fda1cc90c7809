"""Whom a story is about: found by a Marketo id, a row's id or an e-mail address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from leadsync.cycle.consent.marks import marked
from leadsync.cycle.context import Engine
from leadsync.cycle.reading import as_table
from leadsync.errors import ConfigurationError
from leadsync.mapping.plan import SyncPlan
from leadsync.model import TABLES, Table
from leadsync.state.port import LIVE, LinkRow
from leadsync.values.keys import canonical_guid, email_key
from leadsync.values.marks import is_marked

RowKey = tuple[Table, str]


@dataclass(slots=True)
class Subject:
    """One person, its row, and everything that they were linked to.

    :param person: Marketo id; ``None`` for a row that never had a person.
    :param row: table and id of the row it has now, had last, or is itself about.
    :param links: links of any status of the person and the row, the live one first.
    :param others: other records with the same address: Marketo ids and ``TABLE:GUID``.
    :param erased: the address was erased by request.
    """

    person: int | None = None
    row: RowKey | None = None
    links: list[LinkRow] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    erased: bool = False

    @property
    def link(self) -> LinkRow | None:
        """The link in force, or else the last one."""
        return self.links[0] if self.links else None

    @property
    def persons(self) -> list[int]:
        """All persons of the story."""
        known = {link["marketo_id"] for link in self.links}
        return sorted(known | ({self.person} if self.person is not None else set()))

    @property
    def row_ids(self) -> list[str]:
        """All rows of the story."""
        known = {link["dynamics_id"] for link in self.links}
        return sorted(known | ({self.row[1]} if self.row is not None else set()))


def find_subject(engine: Engine, plan: SyncPlan, key: str) -> Subject:
    """Return whom ``key`` names: ``123``, a GUID, ``lead:GUID``, or an e-mail address.

    :raises ConfigurationError: it is none of these.
    """
    text = key.strip()
    if "@" in text:
        return _by_address(engine, plan, text)
    if text.isascii() and text.isdigit():
        return _around(engine, {int(text)}, set())
    table, colon, row_id = text.rpartition(":")
    row = canonical_guid(row_id)
    if row is not None and not is_marked(row) and (not colon or table in TABLES):
        tables = (as_table(table),) if colon else TABLES
        return _around(engine, set(), {(one, row) for one in tables}, named=bool(colon))
    raise ConfigurationError(
        f"{key!r} names no person and no row.",
        remedy="Give a Marketo id, a GUID, TABLE:GUID such as "
        "lead:7eb682f1-ca75-e511-80d4-00155d2a68d1, or an e-mail address.",
    )


def _by_address(engine: Engine, plan: SyncPlan, text: str) -> Subject:
    address = email_key(text)
    if address is None:
        return Subject()
    persons = {int(p["id"]) for p in engine.marketo.persons("email", [address], ("id",))}
    rows: set[RowKey] = set()
    for table in plan.tables.values():
        name = table.schema.primary_id
        found = engine.dynamics.rows_by_email(table.table, [address], (name,))
        rows |= {(table.table, str(row[name]).lower()) for row in found}
    for link in engine.store.links_with(address):
        persons.add(link["marketo_id"])
        rows.add((as_table(link["dynamics_table"]), link["dynamics_id"]))
    subject = _around(engine, persons, rows)
    subject.erased = bool(marked(engine, "erased", [address]))
    return subject


def _around(engine: Engine, persons: set[int], rows: set[RowKey], *, named: bool = True) -> Subject:
    """Choose one pair of the records found, and gather all that it was linked to.

    :param named: the tables of ``rows`` are certain, not tried out.
    """
    found = _links_of(engine, persons, rows)
    chosen = found[0] if found else None
    subject = Subject()
    if chosen is not None:
        subject.person = chosen["marketo_id"]
        subject.row = (as_table(chosen["dynamics_table"]), chosen["dynamics_id"])
        subject.links = _links_of(engine, {subject.person}, {subject.row})
    else:
        subject.person = min(persons, default=None)
        certain = rows if named else _existing(engine, rows)
        subject.row = max(certain, default=None) if subject.person is None else None
    subject.others = _others(subject, persons, rows if named else set())
    return subject


def _existing(engine: Engine, rows: Iterable[RowKey]) -> set[RowKey]:
    """Return those rows that Dynamics has."""
    return {
        (table, row)
        for table, row in rows
        if engine.dynamics.rows_by_id(table, [row], (f"{table}id",))
    }


def _links_of(engine: Engine, persons: set[int], rows: set[RowKey]) -> list[LinkRow]:
    """Return the links of persons and rows: live ones first, contacts first, the latest first."""
    found = {link["link_id"]: link for link in engine.store.links_of_persons(sorted(persons))}
    for table in TABLES:
        ids = sorted(row for name, row in rows if name == table)
        links = engine.store.links_of_rows(table, ids) if ids else []
        found.update({link["link_id"]: link for link in links})
    latest = sorted(found.values(), key=lambda link: link["updated_at"], reverse=True)
    return sorted(
        latest, key=lambda link: (link["status"] not in LIVE, link["dynamics_table"] != "contact")
    )


def _others(subject: Subject, persons: set[int], rows: set[RowKey]) -> list[str]:
    mine, own_rows = set(subject.persons), set(subject.row_ids)
    return [
        *(str(person) for person in sorted(persons - mine)),
        *(f"{table}:{row}" for table, row in sorted(rows) if row not in own_rows),
    ]
