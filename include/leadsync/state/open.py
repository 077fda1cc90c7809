"""Opens the state store that a URL names."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL

from leadsync.connections import Connection
from leadsync.errors import ConfigurationError
from leadsync.state.engine import make_engine
from leadsync.state.migrate import upgrade
from leadsync.state.store import SqlStateStore


def open_store(url: str | URL) -> SqlStateStore:
    """Open the store, creating or migrating its tables first.

    :param url: ``sqlite:////path`` or ``postgresql://user:password@host:port/database``; a ``URL``
        keeps special characters of the password as they are.
    :raises ConfigurationError: the store cannot be reached or written, or is newer than the code.
    """
    engine = make_engine(url)
    upgrade(engine)
    return SqlStateStore(engine)


def store_url(connection: Connection | None, data: Path) -> URL:
    """Return the address of the state store that the connection ``leadsync_db`` names.

    ``sqlite``: host is the file's path, where a relative one starts in the data folder; also
    Airflow's URI form ``sqlite:////absolute/path.db``. ``postgres``: host, port, login, password,
    and the database as schema; extras such as ``sslmode`` are passed to the driver.

    :param data: folder of leadsync's own files; holds the store when there is no connection.
    :raises ConfigurationError: the connection is of another type, or lacks a field.
    """
    if connection is None:
        return URL.create("sqlite", database=str(data / "leadsync.db"))
    if connection.conn_type == "sqlite":
        path = "/".join(part for part in (connection.host, connection.schema) if part)
        if not path:
            raise _lacking(connection, "host (the file's path)", "data/leadsync.db")
        return URL.create("sqlite", database=str(data / Path(path).expanduser()))
    if connection.conn_type == "postgres":
        return _postgres_url(connection)
    raise ConfigurationError(
        f"Connection {connection.conn_id} has type {connection.conn_type!r}.",
        remedy="Set its type to sqlite or postgres.",
    )


def _postgres_url(connection: Connection) -> URL:
    if not connection.host:
        raise _lacking(connection, "host", "postgres://user:password@host:5432/leadsync")
    return URL.create(
        "postgresql",
        username=connection.login,
        password=connection.password,
        host=connection.host,
        port=connection.port,
        database=connection.schema or connection.login,
        query={name: str(value) for name, value in connection.extra.items() if name in _OPTIONS},
    )


#: settings of the connection that libpq knows; other extras belong to Airflow's hook.
_OPTIONS = frozenset(
    ["sslmode", "sslcert", "sslkey", "sslrootcert", "options", "application_name", "keepalives"]
)


def _lacking(connection: Connection, what: str, example: str) -> ConfigurationError:
    return ConfigurationError(
        f"Connection {connection.conn_id} lacks {what}.", remedy=f"Set it, for example: {example}."
    )
