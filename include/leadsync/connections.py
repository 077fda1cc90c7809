"""Connections to both systems and to the state store, readable without Airflow.

The variable ``AIRFLOW_CONN_<ID>`` is read first. Where it is not set, the entry points of group
``leadsync.connections`` are asked, one of which looks into Airflow's own store. What the fields
mean: product.md, Connections.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from leadsync.connection_form import Connection, how_to_set, parse_connection
from leadsync.errors import ConfigurationError
from leadsync.redaction import hide_secret

if TYPE_CHECKING:
    from sqlalchemy import URL

    from leadsync.dynamics.connection import DynamicsConnection
    from leadsync.marketo.connection import MarketoConnection
    from leadsync.settings import Settings

MARKETO = "marketo_default"
DYNAMICS = "dynamics_default"
STATE = "leadsync_db"

_Number = TypeVar("_Number", int, float)

Finder = Callable[[str], "Connection | None"]


def find_connection(
    conn_id: str, environ: Mapping[str, str], finders: Iterable[Finder] | None = None
) -> Connection | None:
    """Return the connection ``conn_id``, or ``None`` when nobody knows it.

    Its password is masked in logs from now on.

    :param finders: asked in turn when the variable is not set; default: the entry points.
    :raises ConfigurationError: the variable is malformed.
    """
    text = environ.get(f"AIRFLOW_CONN_{conn_id.upper()}")
    if text:
        return _with_hidden_secret(parse_connection(conn_id, text))
    for finder in _installed_finders() if finders is None else finders:
        found = finder(conn_id)
        if found is not None:
            return _with_hidden_secret(found)
    return None


def _with_hidden_secret(connection: Connection) -> Connection:
    hide_secret(connection.password)
    return connection


def _installed_finders() -> Iterable[Finder]:
    for entry_point in entry_points(group="leadsync.connections"):
        yield entry_point.load()


def required_connection(conn_id: str, environ: Mapping[str, str]) -> Connection:
    """Return the connection ``conn_id``.

    :raises ConfigurationError: nobody knows it, or it is malformed.
    """
    found = find_connection(conn_id, environ)
    if found is None:
        raise ConfigurationError(
            f"The connection {conn_id} is not defined.", remedy=how_to_set(conn_id)
        )
    return found


def marketo_connection(connection: Connection) -> MarketoConnection:
    """Return Marketo's address, credentials and limits out of a connection of type ``marketo``.

    :raises ConfigurationError: a field is missing or malformed; names connection and field.
    """
    from leadsync.marketo.connection import MarketoConnection

    numbers: dict[str, Any] = {
        "daily_call_share": _number(connection, "daily_call_share", float, "0.9"),
        "calls_per_20s": _number(connection, "calls_per_20s", int, "50"),
        "max_concurrency": _number(connection, "max_concurrency", int, "5"),
    }
    with _naming(connection):
        return MarketoConnection(
            base_url=_address(connection, "https://123-ABC-456.mktorest.com"),
            client_id=_credential(connection, "login", "client id"),
            client_secret=_credential(connection, "password", "client secret"),
            ca_bundle=_setting(connection, "ca_bundle"),
            **{name: number for name, number in numbers.items() if number is not None},
        )


def dynamics_connection(connection: Connection) -> DynamicsConnection:
    """Return an organisation's address and credentials out of a connection ``dynamics365``.

    :raises ConfigurationError: a field is missing or malformed; names connection and field.
    """
    from leadsync.dynamics.connection import DynamicsConnection

    address = _address(connection, "https://contoso.crm.dynamics.com")
    login = _credential(connection, "login", "client id")
    password = _credential(connection, "password", "client secret")
    if _setting(connection, "tenant_id") is None:
        raise _lacking(connection, "extra tenant_id (Entra tenant, a GUID or domain)", _TENANT)
    _number(connection, "max_concurrency", int, "8")
    extra = {name: _setting(connection, name) for name in connection.extra}
    with _naming(connection):
        return DynamicsConnection.from_fields(address, login, password, extra)


def store_url(connection: Connection | None, settings: Settings) -> URL:
    """Return the address of the state store that the connection ``leadsync_db`` names.

    ``sqlite``: host is the file's path, where a relative one starts in the data folder; also
    Airflow's URI form ``sqlite:////absolute/path.db``. ``postgres``: host, port, login, password,
    and the database as schema; extras such as ``sslmode`` are passed to the driver.

    Without a connection it is a SQLite file in the data folder.

    :raises ConfigurationError: the connection is of another type, or lacks a field.
    """
    from sqlalchemy import URL

    if connection is None:
        return URL.create("sqlite", database=str(settings.data / "leadsync.db"))
    if connection.conn_type == "sqlite":
        path = "/".join(part for part in (connection.host, connection.schema) if part)
        if not path:
            raise _lacking(connection, "host (the file's path)", "leadsync.db")
        return URL.create("sqlite", database=str(settings.data / Path(path).expanduser()))
    if connection.conn_type == "postgres":
        return _postgres_url(connection)
    raise ConfigurationError(
        f"Connection {connection.conn_id} has type {connection.conn_type!r}.",
        remedy="Set its type to sqlite or postgres.",
    )


def _postgres_url(connection: Connection) -> URL:
    if not connection.host:
        raise _lacking(connection, "host", "postgres://user:password@host:5432/leadsync")
    from sqlalchemy import URL

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
_TENANT = '{"tenant_id": "72f988bf-86f1-41af-91ab-2d7cd011db47"}'


@contextmanager
def _naming(connection: Connection) -> Iterator[None]:
    """Put the connection's id before what a system's own checks say."""
    try:
        yield
    except ConfigurationError as error:
        if connection.conn_id in error.message:
            raise
        message = f"Connection {connection.conn_id}: {error.message}"
        raise ConfigurationError(message, remedy=error.remedy) from error


def _address(connection: Connection, example: str) -> str:
    """Return the host as URL: with https where it has no scheme, and with the connection's port."""
    host = (connection.host or "").strip()
    if not host:
        raise _lacking(connection, "host (base URL)", example)
    parts = urlsplit(host if "://" in host else f"{_scheme(connection)}://{host}")
    has_port = parts.netloc.rsplit(":", 1)[-1].isdigit()
    if connection.port and not has_port:
        parts = parts._replace(netloc=f"{parts.netloc}:{connection.port}")
    return parts.geturl()


def _scheme(connection: Connection) -> str:
    return "http" if connection.schema == "http" else "https"


def _credential(connection: Connection, name: str, meaning: str) -> str:
    value = str(getattr(connection, name) or "").strip()
    if not value:
        raise _lacking(connection, f"{name} ({meaning})", f"the {meaning} of the API user")
    return value


def _setting(connection: Connection, name: str) -> str | None:
    value = connection.extra.get(name)
    return None if value is None or str(value).strip() == "" else str(value).strip()


def _number(
    connection: Connection, name: str, kind: Callable[[str], _Number], example: str
) -> _Number | None:
    value = _setting(connection, name)
    try:
        return None if value is None else kind(value)
    except ValueError:
        raise ConfigurationError(
            f"Connection {connection.conn_id}: extra {name} is {value!r}, which is no number.",
            remedy=f"Set it to a number such as {example}, or leave it out.",
        ) from None


def _lacking(connection: Connection, what: str, example: str) -> ConfigurationError:
    return ConfigurationError(
        f"Connection {connection.conn_id} lacks {what}.", remedy=f"Set it, for example: {example}."
    )


__all__ = [
    "DYNAMICS",
    "MARKETO",
    "STATE",
    "Connection",
    "dynamics_connection",
    "find_connection",
    "marketo_connection",
    "required_connection",
    "store_url",
]
