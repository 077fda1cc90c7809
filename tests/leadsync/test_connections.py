"""Connections are read exactly as Airflow reads them, and what is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from leadsync.connection_form import parse_connection
from leadsync.connections import (
    Connection,
    dynamics_connection,
    find_connection,
    marketo_connection,
    required_connection,
    store_url,
)
from leadsync.errors import ConfigurationError
from leadsync.redaction import redact
from leadsync.settings import load_settings

#: the first example also imports Airflow, which takes seconds.
PATIENT = settings(deadline=None)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=12)
MAYBE = st.none() | TEXT
HOST = st.sampled_from(
    ["db.example.com", "localhost", "https://123-ABC-456.mktorest.com", "/abs/path.db", "a b"]
)
TYPES = st.sampled_from(["marketo", "dynamics365", "postgres", "postgresql", "sqlite", "my-type"])
EXTRA = st.dictionaries(TEXT, TEXT, max_size=3)
JSON_EXTRA = st.dictionaries(TEXT, st.recursive(TEXT | st.integers(), st.lists, max_leaves=3))


def shape(connection: Any, extra: Any) -> tuple[Any, ...]:
    """Return what a connection says, where blank and missing are one."""
    parts = (connection.host, connection.login, connection.password, connection.schema)
    return (
        connection.conn_type,
        *[part or None for part in parts],
        connection.port or None,
        dict(extra),
    )


def assert_parity(text: str) -> None:
    """Compare with both parsers of Airflow: the Task SDK's and the API server's."""
    from airflow.models.connection import Connection as StoredConnection
    from airflow.sdk import Connection as TaskConnection

    ours = parse_connection("c", text)
    if text.startswith("{"):
        tasks: Any = TaskConnection.from_json(text, conn_id="c")
        stored: Any = StoredConnection.from_json(text, conn_id="c")
    else:
        tasks = TaskConnection.from_uri(text, conn_id="c")
        stored = StoredConnection(conn_id="c", uri=text)
    mine = shape(ours, ours.extra)
    assert mine == shape(tasks, tasks.extra_dejson)
    assert mine[:-1] == shape(stored, stored.extra_dejson)[:-1]
    assert ours.extra.keys() == stored.extra_dejson.keys()


@PATIENT
@given(
    conn_type=TYPES,
    host=st.none() | HOST,
    login=MAYBE,
    password=MAYBE,
    port=st.none() | st.integers(1, 65535),
    schema=MAYBE,
    extra=EXTRA,
    nested=st.booleans(),
)
def test_uris_are_read_as_airflow_does(
    conn_type: str,
    host: str | None,
    login: str | None,
    password: str | None,
    port: int | None,
    schema: str | None,
    extra: dict[str, str],
    nested: bool,
) -> None:
    authority = "" if login is None else quote(login, safe="")
    authority += "" if password is None else ":" + quote(password, safe="")
    place = quote(host or "", safe="") + (f":{port}" if port else "")
    query = {"__extra__": json.dumps(extra)} if nested else extra
    uri = f"{conn_type}://{authority + '@' if authority else ''}{place}"
    uri += f"/{quote(schema, safe='') if schema else ''}"
    assert_parity(f"{uri}?{urlencode(query)}" if query else uri)


@PATIENT
@given(conn_type=TYPES, login=TEXT, password=TEXT, scheme=st.sampled_from(["http", "https"]))
def test_hosts_with_their_own_scheme_are_read_as_airflow_does(
    conn_type: str, login: str, password: str, scheme: str
) -> None:
    credentials = f"{quote(login, safe='')}:{quote(password, safe='')}"
    assert_parity(f"{conn_type}://{scheme}://{credentials}@Host.example.com:8080/x?a=1")


@PATIENT
@given(
    fields=st.fixed_dictionaries(
        {"conn_type": TYPES},
        optional={
            "host": HOST,
            "login": TEXT,
            "password": TEXT,
            "schema": TEXT,
            "port": st.integers(1, 65535) | st.integers(1, 65535).map(str),
            "extra": JSON_EXTRA,
            "description": TEXT,
        },
    ),
    as_string=st.booleans(),
    blanks=st.sampled_from(["", " ", "\n"]),
)
def test_json_is_read_as_airflow_does(fields: dict[str, Any], as_string: bool, blanks: str) -> None:
    if as_string and "extra" in fields:
        fields["extra"] = json.dumps(fields["extra"])
    text = json.dumps(fields)
    assert_parity(text)
    assert parse_connection("c", blanks + text + blanks) == parse_connection("c", text)


@PATIENT
@given(TYPES, HOST, MAYBE, MAYBE, EXTRA)
def test_what_airflow_writes_is_read_back(
    conn_type: str, host: str, login: str | None, password: str | None, extra: dict[str, str]
) -> None:
    from airflow.sdk import Connection as TaskConnection

    assume(not (login is None and password is not None))
    written = TaskConnection(
        conn_id="c",
        conn_type=conn_type,
        host=host,
        login=login,
        password=password,
        extra=json.dumps(extra) if extra else None,
    )
    assert_parity(written.get_uri())
    assert_parity(written.as_json())


@pytest.mark.parametrize(
    "uri",
    [
        "marketo://id:secret@https%3A%2F%2F123-ABC-456.mktorest.com",
        "marketo://https://id:secret@123-ABC-456.mktorest.com/",
        "marketo://id:secret@http%3A%2F%2F127.0.0.1:9001",
        "sqlite:////abs/path.db",
        "sqlite:///path.db",
        "sqlite://%2Fabs%2Fpath.db",
        "postgresql://u:p%40ss%2F@h:5432/db?sslmode=require",
        "postgres://@:5432/db",
        "my-type://:@h",
        "x://h/a%2Fb?__extra__=%7B%22a%22%3A+%7B%22b%22%3A+1%7D%7D",
    ],
)
def test_examples_are_read_as_airflow_does(uri: str) -> None:
    assert_parity(uri)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("   ", "it is blank"),
        ('{"conn_type": ', "its JSON is broken at character"),
        ('{"type": "marketo"}', "type is none of conn_type, description"),
        ('{"conn_type": "marketo", "port": "hidden"}', "its port 'hidden' is no whole number"),
        ('{"conn_type": "marketo", "extra": "hidden"}', "its extra is no JSON"),
        ('{"conn_type": "marketo", "extra": [1]}', "its extra is no JSON object"),
        ("hidden", "it is neither JSON nor a URI"),
        ("marketo://a:hidden@https://b://c", "it is neither JSON nor a URI"),
        ("marketo://a:hidden@https://b", "credentials must stand after the second scheme"),
        ("marketo://a:hidden@host:port", "its host or port is not readable"),
        ("marketo://host?__extra__=hidden", "its extra is no JSON"),
    ],
)
def test_malformed_connections_are_named_without_their_secrets(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        find_connection("marketo_default", {"AIRFLOW_CONN_MARKETO_DEFAULT": text})
    assert "marketo_default" in caught.value.message
    assert "AIRFLOW_CONN_MARKETO_DEFAULT" in caught.value.remedy
    assert "hidden" not in str(caught.value).replace("'hidden'", "")


def test_the_variable_is_asked_before_anybody_else() -> None:
    environ = {"AIRFLOW_CONN_LEADSYNC_DB": "sqlite:///x.db"}

    def unwanted(conn_id: str) -> Connection | None:
        raise AssertionError(conn_id)

    found = find_connection("leadsync_db", environ, [unwanted])
    assert found is not None
    assert found.schema == "x.db"


def test_finders_are_asked_in_turn_when_the_variable_is_not_set() -> None:
    theirs = Connection("leadsync_db", "sqlite", host="x.db")
    finders = [lambda conn_id: None, lambda conn_id: theirs, lambda conn_id: None]
    assert find_connection("leadsync_db", {}, finders) is theirs
    assert find_connection("leadsync_db", {"AIRFLOW_CONN_LEADSYNC_DB": ""}, finders) is theirs
    assert find_connection("leadsync_db", {}, []) is None


def test_secrets_are_neither_shown_nor_logged() -> None:
    text = json.dumps({"conn_type": "m", "password": "Zq8-secret", "extra": {"key": "Zq8-x"}})
    found = required_connection("c", {"AIRFLOW_CONN_C": text})
    assert "Zq8" not in repr(found)
    assert "Zq8" not in redact("sent Zq8-secret")


def test_a_missing_connection_is_named_with_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadsync.connections.entry_points", lambda group: [])
    with pytest.raises(ConfigurationError, match="dynamics_default is not defined") as caught:
        required_connection("dynamics_default", {})
    assert '"tenant_id"' in caught.value.remedy


def marketo(**changed: Any) -> Connection:
    fields: dict[str, Any] = {
        "host": "https://123-ABC-456.mktorest.com",
        "login": "id",
        "password": "secret",
    }
    return Connection("marketo_default", "marketo", **{**fields, **changed})


def dynamics(**changed: Any) -> Connection:
    fields: dict[str, Any] = {
        "host": "https://contoso.crm.dynamics.com",
        "login": "id",
        "password": "secret",
        "extra": {"tenant_id": "t"},
    }
    return Connection("dynamics_default", "dynamics365", **{**fields, **changed})


def test_marketo_fields_and_extras_are_taken_over() -> None:
    extra = {"daily_call_share": "0.5", "calls_per_20s": 40, "max_concurrency": "3"}
    built = marketo_connection(marketo(extra={**extra, "ca_bundle": "/ca.pem", "other": 1}))
    assert built.base_url == "https://123-ABC-456.mktorest.com"
    assert (built.client_id, built.client_secret) == ("id", "secret")
    assert (built.daily_call_share, built.calls_per_20s, built.max_concurrency) == (0.5, 40, 3)
    assert built.ca_bundle == "/ca.pem"


def test_blank_extras_count_as_not_set() -> None:
    extra = {"daily_call_share": "", "calls_per_20s": None, "ca_bundle": " "}
    assert marketo_connection(marketo(extra=extra)) == marketo_connection(marketo())


def test_dynamics_fields_and_extras_are_taken_over() -> None:
    extra = {"tenant_id": "t", "authority": "https://login.example.com/", "max_concurrency": "2"}
    built = dynamics_connection(dynamics(extra=extra))
    assert built.org_url == "https://contoso.crm.dynamics.com"
    assert (built.tenant_id, built.authority) == ("t", "https://login.example.com")
    assert (built.max_concurrency, built.api_version) == (2, "v9.2")


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        ("127.0.0.1", None, "https://127.0.0.1"),
        ("http://127.0.0.1:9001", None, "http://127.0.0.1:9001"),
        ("http://127.0.0.1", 9001, "http://127.0.0.1:9001"),
        ("http://127.0.0.1:9001/", 9001, "http://127.0.0.1:9001"),
        (" https://localhost ", 443, "https://localhost:443"),
    ],
)
def test_host_and_port_make_the_address(host: str, port: int | None, url: str) -> None:
    assert marketo_connection(marketo(host=host, port=port)).base_url == url
    assert dynamics_connection(dynamics(host=host, port=port)).org_url == url


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"host": None}, r"lacks host \(base URL\)"),
        ({"login": " "}, r"lacks login \(client id\)"),
        ({"password": ""}, r"lacks password \(client secret\)"),
        ({"extra": {"calls_per_20s": "many"}}, "extra calls_per_20s is 'many', which is no number"),
        ({"extra": {"daily_call_share": 7}}, "daily_call_share is 7"),
        ({"host": "http://example.com"}, "plain http"),
    ],
)
def test_what_is_wrong_with_marketo_is_named(changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        marketo_connection(marketo(**changed))
    assert "marketo_default" in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"host": ""}, r"lacks host \(base URL\)"),
        ({"login": None}, r"lacks login \(client id\)"),
        ({"password": None}, r"lacks password \(client secret\)"),
        ({"extra": {}}, "lacks extra tenant_id"),
        ({"extra": {"tenant_id": "t", "max_concurrency": "x"}}, "extra max_concurrency is 'x'"),
        ({"extra": {"tenant_id": "t", "max_concurrency": 0}}, "max_concurrency is '0'"),
    ],
)
def test_what_is_wrong_with_dynamics_is_named(changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        dynamics_connection(dynamics(**changed))
    assert "dynamics_default" in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("sqlite:////abs/path.db", "/abs/path.db"),
        ("sqlite://%2Fabs%2Fpath.db", "/abs/path.db"),
        ('{"conn_type": "sqlite", "host": "/abs/path.db"}', "/abs/path.db"),
        ('{"conn_type": "sqlite", "host": "sub/path.db"}', "/data/sub/path.db"),
        ("sqlite:///path.db", "/data/path.db"),
        ("sqlite://sub/path.db", "/data/sub/path.db"),
    ],
)
def test_sqlite_paths(text: str, path: str) -> None:
    loaded = load_settings({"LEADSYNC_DATA": "/data"})
    url = store_url(parse_connection("leadsync_db", text), loaded)
    assert (url.drivername, url.database) == ("sqlite", path)


def test_without_a_connection_the_store_is_a_file_in_the_data_folder(tmp_path: Path) -> None:
    url = store_url(None, load_settings({"LEADSYNC_DATA": str(tmp_path)}))
    assert url.database == str(tmp_path / "leadsync.db")


def test_postgres_keeps_special_characters_and_known_extras() -> None:
    text = "postgresql://us%40er:p%2Fw%3A@db.example.com:5433/leads?sslmode=require&cursor=x"
    url = store_url(parse_connection("leadsync_db", text), load_settings({}))
    assert (url.username, url.password) == ("us@er", "p/w:")
    assert (url.host, url.port, url.database) == ("db.example.com", 5433, "leads")
    assert dict(url.query) == {"sslmode": "require"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("mysql://u:p@h/db", "has type 'mysql'"),
        ("sqlite://", "lacks host"),
        ("postgres:///db", "lacks host"),
    ],
)
def test_other_stores_are_refused(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        store_url(parse_connection("leadsync_db", text), load_settings({}))
    assert "leadsync_db" in caught.value.message
