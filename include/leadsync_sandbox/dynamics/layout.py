"""Storage of the organisation: a database table per Dataverse table, a column per column."""

from __future__ import annotations

import json

from leadsync_sandbox.common.database import Database
from leadsync_sandbox.dynamics.schema import TEXT_TYPES, Column, Schema, Table
from leadsync_sandbox.dynamics.schema_json import table_from_json, table_to_json

#: above 2**31, so that a client that keeps versions in 32 bits fails here and not in production.
FIRST_VERSION = 4_294_967_296

TABLES = """
CREATE TABLE IF NOT EXISTS table_definition (
  name TEXT PRIMARY KEY, position INTEGER NOT NULL, definition TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tombstone (
  table_name TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, deleted_at TEXT NOT NULL,
  row TEXT NOT NULL, PRIMARY KEY (table_name, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tombstone_version ON tombstone (table_name, version);
CREATE TABLE IF NOT EXISTS token (
  token TEXT PRIMARY KEY, app_id TEXT NOT NULL, audience TEXT NOT NULL, expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS usage (user_id TEXT NOT NULL, at REAL NOT NULL, seconds REAL NOT NULL);
CREATE INDEX IF NOT EXISTS usage_user ON usage (user_id, at);
"""
_INDEXED = (
    "versionnumber",
    "emailaddress1",
    "modifiedon",
    "parentcustomerid",
    "originatingleadid",
    "parentaccountid",
    "parentcontactid",
    "customerid",
    "primarycontactid",
    "masterid",
)


def quoted(name: str) -> str:
    """Return ``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def counter(database: Database, name: str) -> int:
    """Return the number that a counter reached."""
    start = FIRST_VERSION if name == "row" else 0
    found = database.value("SELECT value FROM counter WHERE name = ?", (name,))
    return start if found is None else int(found)


def advance(database: Database, name: str, by: int = 1) -> int:
    """Add ``by`` to a counter and return the number reached."""
    start = FIRST_VERSION if name == "row" else 0
    found = database.rows(
        "INSERT INTO counter VALUES (?, ? + ?) ON CONFLICT (name) DO UPDATE "
        "SET value = value + excluded.value - ? RETURNING value",
        (name, start, by, start),
    )
    return int(found[0][0])


def read_schema(database: Database) -> Schema:
    """Return the schema as stored."""
    version = counter(database, "schema")
    rows = database.rows("SELECT definition FROM table_definition ORDER BY position")
    tables = [table_from_json(json.loads(row[0])) for row in rows]
    return Schema(version, {table.name: table for table in tables})


def create_table(database: Database, table: Table, position: int) -> None:
    """Create the storage of ``table`` and record its definition."""
    columns = ", ".join(d for c in table.columns.values() for d in _storage(table, c))
    database.run(f"CREATE TABLE {quoted(table.name)} ({columns})")
    for name in _INDEXED:
        if name in table.columns:
            add_index(database, table.name, (name,))
    definition = json.dumps(table_to_json(table), ensure_ascii=False)
    database.run(
        "INSERT INTO table_definition VALUES (?, ?, ?)", (table.name, position, definition)
    )
    advance(database, "schema")


def save_table(database: Database, table: Table) -> None:
    """Record a changed definition and move the schema's version."""
    definition = json.dumps(table_to_json(table), ensure_ascii=False)
    database.run(
        "UPDATE table_definition SET definition = ? WHERE name = ?", (definition, table.name)
    )
    advance(database, "schema")


def add_column(database: Database, table: Table, column: Column) -> None:
    """Add the storage of ``column`` to ``table``."""
    for declaration in _storage(table, column):
        database.run(f"ALTER TABLE {quoted(table.name)} ADD COLUMN {declaration}")


def drop_column(database: Database, table: Table, column: Column) -> None:
    """Remove the storage of ``column`` with the indexes on it."""
    for key in table.keys:
        if column.name in key.columns:
            drop_index(database, table.name, key.columns)
    drop_index(database, table.name, (column.name,))
    names = [column.name] + ([column.type_storage] if column.is_polymorphic else [])
    for name in names:
        database.run(f"ALTER TABLE {quoted(table.name)} DROP COLUMN {quoted(name)}")


def add_index(database: Database, table: str, columns: tuple[str, ...]) -> None:
    """Index ``columns``."""
    listed = ", ".join(quoted(column) for column in columns)
    name = _index_name(table, columns)
    database.run(f"CREATE INDEX IF NOT EXISTS {name} ON {quoted(table)} ({listed})")


def drop_index(database: Database, table: str, columns: tuple[str, ...]) -> None:
    """Remove the index on ``columns``, if there is one."""
    database.run(f"DROP INDEX IF EXISTS {_index_name(table, columns)}")


def _index_name(table: str, columns: tuple[str, ...]) -> str:
    return quoted("_".join((table, *columns)))


def _storage(table: Table, column: Column) -> list[str]:
    suffix = " COLLATE NOCASE" if column.type in TEXT_TYPES else ""
    if column.name == table.primary_id:
        suffix = " TEXT PRIMARY KEY NOT NULL"
    declared = [f"{quoted(column.name)}{suffix}"]
    if column.is_polymorphic:
        declared.append(quoted(column.type_storage))
    return declared
