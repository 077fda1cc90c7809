"""State stores for tests: the same test runs against memory, SQLite and PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from leadsync.state.memory import MemoryStateStore
from leadsync.state.open import open_store
from leadsync.state.port import StateStore
from leadsync.state.store import SqlStateStore
from leadsync.state.tables import metadata
from support.postgres import PostgresServer

DATABASES = ["sqlite", "postgresql"]
STORES = ["memory", *DATABASES]


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> StateStore:
    """Return an empty state store of each kind in turn."""
    if request.param == "memory":
        return MemoryStateStore()
    return _empty_store(request, request.param)


@pytest.fixture(params=DATABASES)
def sql_store(request: pytest.FixtureRequest) -> SqlStateStore:
    """Return an empty state store on each database in turn."""
    return _empty_store(request, request.param)


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path) -> Iterator[SqlStateStore]:
    """Return an empty state store on a SQLite file of its own."""
    path = tmp_path / "leadsync.db"
    shutil.copyfile(sqlite_template, path)
    opened = open_store(f"sqlite:///{path}")
    yield opened
    opened.engine.dispose()


@pytest.fixture
def postgres_store(migrated_postgres: SqlStateStore) -> SqlStateStore:
    """Return the session's PostgreSQL store, emptied."""
    names = ", ".join(f'"{table}"' for table in metadata.tables)
    with migrated_postgres.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
    return migrated_postgres


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file to copy, which is quicker than to migrate each time."""
    path = tmp_path_factory.mktemp("state") / "template.db"
    open_store(f"sqlite:///{path}").engine.dispose()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> Iterator[SqlStateStore]:
    """Return a migrated PostgreSQL store for the whole session."""
    opened = open_store(postgres_server.new_database())
    yield opened
    opened.engine.dispose()


def _empty_store(request: pytest.FixtureRequest, database: str) -> SqlStateStore:
    name = "sqlite_store" if database == "sqlite" else "postgres_store"
    found = request.getfixturevalue(name)
    assert isinstance(found, SqlStateStore)
    return found
