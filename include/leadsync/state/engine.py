"""Database engines of the state store: SQLite and PostgreSQL behave alike from here on."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from leadsync.errors import ConfigurationError, StateError

_BUSY_SECONDS = 60.0
_WAL_RETRY_SECONDS = 0.02
_REMEDY = (
    "Check the connection leadsync_db: that the server runs or the folder exists, that the user "
    "and password are right, and that leadsync may write there."
)


def make_engine(url: str | URL) -> Engine:
    """Return an engine for a SQLite file or a PostgreSQL database.

    :raises ConfigurationError: ``url`` is malformed, of another database, or its folder cannot be
        made.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite_engine(parsed)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg2"),
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10},
        )
    raise ConfigurationError(
        f"The state store {shown(parsed)} is neither SQLite nor PostgreSQL.",
        remedy="Set leadsync_db to a connection of type sqlite or postgres.",
    )


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a read transaction: everything read inside is one state of the store."""
    with _translated(engine), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a write transaction, committed at the end and rolled back on any error.

    On SQLite the write lock is taken at once, so that what is read inside cannot change before the
    commit.
    """
    with _translated(engine), engine.connect() as connection:
        connection.execution_options(leadsync_write=True)
        with connection.begin():
            yield connection


def shown(url: URL) -> str:
    """Return ``url`` with its password masked."""
    return url.render_as_string(hide_password=True)


def _parse(url: str | URL) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            "The address of the state store is no database URL.",
            remedy="Use sqlite:////absolute/path.db or postgresql://user:password@host:5432/name.",
        ) from error
    except NoSuchModuleError as error:
        raise ConfigurationError(f"The state store needs a driver: {error}.") from error


def _sqlite_engine(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ConfigurationError(
            "The state store needs a SQLite file, because several processes share it.",
            remedy="Set the host of leadsync_db to a file path, such as leadsync.db.",
        )
    folder = Path(url.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The folder {folder} of the state store cannot be made: {error.strerror}.",
            remedy=_REMEDY,
        ) from error
    engine = create_engine(url.set(drivername="sqlite"), connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite alone
    connection.execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")
    connection.execute("PRAGMA foreign_keys = ON")
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA secure_delete = ON")  # erased persons leave nothing in the file


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to write-ahead logging; SQLite does not wait by itself for this lock."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(_WAL_RETRY_SECONDS)


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("leadsync_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    """Turn the driver's errors into leadsync's."""
    try:
        yield
    except DBAPIError as error:
        raise _explained(engine, type(error).__name__, error.orig) from error
    except engine.dialect.loaded_dbapi.Error as error:
        raise _explained(engine, type(error).__name__, error) from error
    except SQLAlchemyError as error:
        raise StateError(f"The state store {shown(engine.url)} refused: {error}") from error


def _explained(engine: Engine, kind: str, original: object) -> Exception:
    where, reason = shown(engine.url), _reason(original)
    if kind == "OperationalError" and "locked" in reason:
        return StateError(
            f"The state store {where} stayed locked for {_BUSY_SECONDS:.0f} s by another process.",
            remedy="End what holds it, or use PostgreSQL when several workers run.",
        )
    if kind in ("OperationalError", "InterfaceError") or "readonly" in reason:
        return ConfigurationError(
            f"The state store {where} cannot be used: {reason}.", remedy=_REMEDY
        )
    return StateError(f"The state store {where} refused: {reason}.")


def _reason(original: object) -> str:
    """Return the first line of the driver's message: further lines can hold a row's values."""
    lines = str(original).strip().splitlines() or [type(original).__name__]
    return lines[0].rstrip(".")
