"""Opening: the tables are made and migrated once, and what is wrong is named without secrets."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text

from leadsync.errors import ConfigurationError, StateError
from leadsync.state import migrations
from leadsync.state.engine import make_engine, writing
from leadsync.state.migrate import VERSION_TABLE, upgrade
from leadsync.state.open import open_store
from leadsync.state.port import StateChanges
from leadsync.state.store import SqlStateStore
from leadsync.state.tables import metadata


def test_migrations_make_exactly_the_tables(sql_store: SqlStateStore) -> None:
    with sql_store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
        found = set(inspect(connection).get_table_names())
    assert found == {*metadata.tables, VERSION_TABLE}


def test_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def test_a_store_at_its_newest_version_is_only_read(sql_store: SqlStateStore) -> None:
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]).split(maxsplit=1)[0])

    event.listen(sql_store.engine, "before_cursor_execute", note)
    upgrade(sql_store.engine)
    event.remove(sql_store.engine, "before_cursor_execute", note)
    assert set(statements) <= {"SELECT", "PRAGMA", "BEGIN"}
    assert len(statements) <= 4


def test_a_store_that_is_newer_than_the_code_is_refused(sql_store: SqlStateStore) -> None:
    with sql_store.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    try:
        with pytest.raises(ConfigurationError, match="version 9999, which is newer") as caught:
            upgrade(sql_store.engine)
    finally:
        with sql_store.engine.begin() as connection:
            connection.execute(
                text(f"UPDATE {VERSION_TABLE} SET version_num = '{migrations.HEAD}'")
            )
    assert "Update leadsync" in caught.value.remedy


OPEN = """
import sys
from leadsync.state.open import open_store
from leadsync.state.port import StateChanges
open_store(sys.argv[1]).apply(StateChanges(cursors={sys.argv[2]: "1"}), lease=None)
"""


def opened_at_once(url: str) -> dict[str, str]:
    workers = [
        subprocess.Popen([sys.executable, "-c", OPEN, url, str(number)], stderr=subprocess.PIPE)
        for number in range(4)
    ]
    errors = [worker.communicate(timeout=120)[1].decode() for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 4, errors
    return open_store(url).cursors()


def test_workers_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    assert sorted(opened_at_once(f"sqlite:///{tmp_path}/new/leadsync.db")) == list("0123")


def test_workers_may_open_a_new_database_at_once(postgres_database: Callable[[], str]) -> None:
    assert sorted(opened_at_once(postgres_database())) == list("0123")


def test_a_crash_inside_a_migration_leaves_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/leadsync.db"

    def crash(_connection: object) -> None:
        raise KeyboardInterrupt

    engine = make_engine(url)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    event.listen(engine, "commit", crash)
    with pytest.raises(KeyboardInterrupt):
        upgrade(engine)
    event.remove(engine, "commit", crash)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    assert open_store(url).cursors() == {}


def test_an_unreachable_server_is_named_without_its_password() -> None:
    with pytest.raises(ConfigurationError, match=r"postgresql\+psycopg2://me:\*\*\*@127") as caught:
        open_store("postgresql://me:hidden-word@127.0.0.1:1/leads")
    assert "hidden-word" not in str(caught.value)
    assert "leadsync_db" in caught.value.remedy


def test_an_unknown_database_is_named(postgres_database: Callable[[], str]) -> None:
    with pytest.raises(ConfigurationError, match="nothing_here"):
        open_store(postgres_database().rsplit("/", 1)[0] + "/nothing_here")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigurationError, match=f"{tmp_path}/file/state") as caught:
        open_store(f"sqlite:///{tmp_path}/file/state/leadsync.db")
    assert "leadsync_db" in caught.value.remedy


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "leadsync.db").write_text("no database " * 200)
    with pytest.raises((ConfigurationError, StateError), match=f"{tmp_path}/leadsync.db"):
        open_store(f"sqlite:///{tmp_path}/leadsync.db")


def test_a_read_only_file_is_named(sqlite_store: SqlStateStore) -> None:
    path = sqlite_store.engine.url.database
    read_only = SqlStateStore(make_engine(f"sqlite:///file:{path}?mode=ro&uri=true"))
    assert read_only.cursors() == {}
    with pytest.raises(ConfigurationError, match="readonly"):
        read_only.apply(StateChanges(cursors={"a": "1"}), lease=None)


@pytest.mark.parametrize("url", ["mysql://u:hidden@h/db", "sqlite://", "sqlite:///:memory:", "x"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_store(url)
    assert "hidden" not in str(caught.value)


def test_a_busy_database_is_no_configuration_error(
    sqlite_store: SqlStateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = SqlStateStore(make_engine(sqlite_store.engine.url))
    event.listen(
        impatient.engine, "connect", lambda driver, _: driver.execute("PRAGMA busy_timeout = 1")
    )
    with (
        writing(sqlite_store.engine),
        pytest.raises(StateError, match="stayed locked") as caught,
    ):
        impatient.apply(StateChanges(cursors={"a": "1"}), lease=None)
    assert not isinstance(caught.value, ConfigurationError)


def test_readers_do_not_wait_for_a_writer(sqlite_store: SqlStateStore) -> None:
    with writing(sqlite_store.engine):
        assert SqlStateStore(make_engine(sqlite_store.engine.url)).cursors() == {}


def test_opening_does_not_touch_the_programs_logging(tmp_path: Path) -> None:
    before = (logging.root.level, list(logging.root.handlers))
    open_store(f"sqlite:///{tmp_path}/leadsync.db")
    assert (logging.root.level, list(logging.root.handlers)) == before
