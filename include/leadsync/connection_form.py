"""A connection and its two text forms, read exactly as Airflow 3.3 reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from leadsync.errors import ConfigurationError

_EXTRA_KEY = "__extra__"
_JSON_FIELDS = frozenset(
    ["conn_type", "description", "host", "schema", "login", "password", "port", "extra"]
)
_EXAMPLES = {
    "marketo_default": '{"conn_type": "marketo", "host": "https://123-ABC-456.mktorest.com", '
    '"login": "<client id>", "password": "<client secret>"}',
    "dynamics_default": '{"conn_type": "dynamics365", "host": "https://contoso.crm.dynamics.com", '
    '"login": "<client id>", "password": "<client secret>", '
    '"extra": {"tenant_id": "<tenant>"}}',
    "leadsync_db": "postgres://user:password@host:5432/leadsync",
}


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection; what is not set is ``None``. Password and extra stay out of its ``repr``."""

    conn_id: str
    conn_type: str
    host: str | None = None
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    port: int | None = None
    schema: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


def parse_connection(conn_id: str, text: str) -> Connection:
    """Read a connection from its URI or JSON form.

    :raises ConfigurationError: it is malformed; the message holds no part of it but field names.
    """
    cleaned = text.strip()
    if not cleaned:
        raise _malformed(conn_id, "it is blank")
    return _from_json(conn_id, cleaned) if cleaned[0] == "{" else _from_uri(conn_id, cleaned)


def _from_json(conn_id: str, text: str) -> Connection:
    try:
        fields = json.loads(text)
    except json.JSONDecodeError as error:
        problem = f"its JSON is broken at character {error.pos}: {error.msg}"
        raise _malformed(conn_id, problem) from None
    unknown = sorted(fields.keys() - _JSON_FIELDS)
    if unknown:
        raise _malformed(
            conn_id, f"{', '.join(unknown)} is none of {', '.join(sorted(_JSON_FIELDS))}"
        )
    return Connection(
        conn_id,
        _conn_type(fields.get("conn_type") or ""),
        host=_text(fields.get("host")),
        login=_text(fields.get("login")),
        password=_text(fields.get("password")),
        port=_port(conn_id, fields.get("port")),
        schema=_text(fields.get("schema")),
        extra=parse_extra(conn_id, fields.get("extra")),
    )


def _from_uri(conn_id: str, uri: str) -> Connection:
    """Read ``type://login:password@host:port/schema?extra``, all parts percent-encoded.

    A second scheme belongs to the host: ``marketo://https://login:password@host``.
    """
    schemes = uri.count("://")
    if not 1 <= schemes <= 2:
        raise _malformed(conn_id, "it is neither JSON nor a URI such as marketo://id:secret@host")
    try:
        scheme = urlsplit(uri).scheme
        rest = uri.replace(f"{scheme}://", "" if schemes == 2 else "//")
        if schemes == 2 and set("@:") & set(rest.split("://", 1)[0]):
            raise _malformed(conn_id, "its credentials must stand after the second scheme")
        parts = urlsplit(rest)
        port = parts.port
    except ValueError:
        raise _malformed(conn_id, "its host or port is not readable") from None
    host = _host(parts)
    return Connection(
        conn_id,
        _conn_type(scheme),
        host=f"{parts.scheme}://{host}" if host and schemes == 2 else host or None,
        login=unquote(parts.username) if parts.username is not None else None,
        password=unquote(parts.password) if parts.password is not None else None,
        port=port,
        schema=unquote(parts.path[1:]) or None,
        extra=_query_extra(conn_id, parts.query),
    )


def _host(parts: SplitResult) -> str:
    """Return the host; one that is itself an encoded URL or path keeps its capitals."""
    host = unquote(parts.hostname or "")
    if "/" not in host:
        return host
    return unquote(parts.netloc.rsplit("@", 1)[-1].split(":", 1)[0])


def _query_extra(conn_id: str, query: str) -> dict[str, Any]:
    values = dict(parse_qsl(query, keep_blank_values=True))
    return parse_extra(conn_id, values[_EXTRA_KEY]) if _EXTRA_KEY in values else values


def parse_extra(conn_id: str, value: Any) -> dict[str, Any]:
    """Read a connection's extra, an object or its JSON text; blank is empty.

    :raises ConfigurationError: it is no JSON object.
    """
    if not value:
        return {}
    try:
        extra = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError as error:
        raise _malformed(
            conn_id, f"its extra is no JSON (character {error.pos}: {error.msg})"
        ) from None
    if not isinstance(extra, dict):
        raise _malformed(conn_id, "its extra is no JSON object")
    return extra


def _port(conn_id: str, value: Any) -> int | None:
    if not value:
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise _malformed(conn_id, f"its port {value!r} is no whole number") from None


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)


def _conn_type(scheme: str) -> str:
    return "postgres" if scheme == "postgresql" else scheme.replace("-", "_")


def _malformed(conn_id: str, problem: str) -> ConfigurationError:
    return ConfigurationError(
        f"The connection {conn_id} cannot be read: {problem}.", remedy=how_to_set(conn_id)
    )


def how_to_set(conn_id: str) -> str:
    """Return an instruction with an example."""
    example = _EXAMPLES.get(conn_id, _EXAMPLES["marketo_default"])
    return (
        f"Set the variable AIRFLOW_CONN_{conn_id.upper()}, for example to {example}, "
        "or define the connection in Airflow (Admin, Connections)."
    )
