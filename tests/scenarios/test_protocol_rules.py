"""The protocol rules see what they are there for: one good request, spoilt in one way each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from leadsync.model import DynamicsColumn, DynamicsTable, MarketoField
from support.dynamics_rules import DynamicsRules
from support.marketo_rules import MarketoRules
from support.recorded import Exchange

ROW = "leads(00000000-0000-0000-0000-00000000000a)"
LEAD = DynamicsTable(
    "lead",
    "leads",
    "leadid",
    {
        "leadid": DynamicsColumn("leadid", "Id", "Uniqueidentifier"),
        "jobtitle": DynamicsColumn("jobtitle", "Title", "String", max_length=5),
        "masterid": DynamicsColumn("masterid", "Master", "Lookup", computed=True),
    },
)
DYNAMICS = DynamicsRules({"leads": LEAD})
MARKETO = MarketoRules(
    {
        "id": MarketoField("id", "Id", "integer", read_only=True),
        "title": MarketoField("title", "Title", "string", 5),
        "score": MarketoField("score", "Score", "integer"),
        "email": MarketoField("email", "E-mail", "email", 255),
    },
    frozenset({"id", "email"}),
)
READ = Exchange(
    datetime(2026, 1, 1, tzinfo=UTC),
    "GET",
    "https://x/api/data/v9.2/leads?$select=leadid,_masterid_value",
    {
        "accept": "application/json",
        "odata-version": "4.0",
        "odata-maxversion": "4.0",
        "authorization": "Bearer t",
        "if-none-match": "null",
        "prefer": "odata.track-changes,odata.maxpagesize=5000",
    },
    b"",
    150,
    200,
)
QUERY = replace(
    READ,
    url="https://x/rest/v1/leads.json?filterType=email&filterValues=a%40x.com&fields=id,title",
    headers={"authorization": "Bearer t", "accept-encoding": "gzip"},
)
SYNC = replace(
    QUERY,
    method="POST",
    url="https://x/rest/v1/leads.json",
    headers={**QUERY.headers, "content-type": "application/json"},
    body=b'{"action":"updateOnly","lookupField":"id","input":[{"id":1,"title":"CTO","score":1}]}',
)


def batch(
    line: str, *headers: str, body: str = '{"jobtitle":"CTO"}', ends: str = "\r\n"
) -> Exchange:
    lines = [
        "--batch_1",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "",
        f"{line} HTTP/1.1",
        *headers,
        "",
        body,
        "--batch_1--",
        "",
    ]
    return replace(
        READ,
        method="POST",
        url="https://x/api/data/v9.2/$batch",
        headers={**READ.headers, "content-type": 'multipart/mixed; boundary="batch_1"'},
        body=ends.join(lines).encode(),
    )


TYPE, MATCH = "Content-Type: application/json; type=entry", 'If-Match: W/"7"'
PATCH = f"PATCH /api/data/v9.2/{ROW}?$select=leadid"


def spoilt(exchange: Exchange, old: str, new: str) -> Exchange:
    """Replace a part of address or body; it has to be there."""
    changed = replace(
        exchange,
        url=exchange.url.replace(old, new),
        body=exchange.body.replace(old.encode(), new.encode()),
    )
    assert changed != exchange
    return changed


def with_headers(exchange: Exchange, **headers: Any) -> Exchange:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(exchange, headers={**exchange.headers, **named})


def test_good_requests_pass() -> None:
    assert DYNAMICS.problems(READ) == []
    assert DYNAMICS.problems(batch(PATCH, TYPE, MATCH)) == []
    assert MARKETO.problems(QUERY) == []
    assert MARKETO.problems(SYNC) == []


@pytest.mark.parametrize(
    "request_",
    [
        spoilt(READ, "_masterid_value", "masterid"),
        spoilt(READ, "?$select", "?$top=1&$select"),
        spoilt(READ, "leadid,", "leadid,+"),
        spoilt(READ, "?$select", "?$filter=statecode%20eq%200&$select"),
        spoilt(READ, "/api/", "//api/"),
        with_headers(READ, content_type="application/json"),
        with_headers(READ, prefer="return=minimal"),
        with_headers(READ, odata_version="4.01"),
        with_headers(READ, cookie="ARRAffinity=1"),
        replace(READ, read_timeout=30),
        batch(PATCH, TYPE),
        batch(PATCH, MATCH),
        batch(PATCH, TYPE, "If-Match: 7"),
        batch(PATCH, TYPE, MATCH, body='{"jobtitle":""}'),
        batch(PATCH, TYPE, MATCH, body='{"jobtitle":"too long"}'),
        batch(PATCH, TYPE, MATCH, body='{"masterid":null}'),
        batch(PATCH, TYPE, MATCH, body="{}"),
        batch(PATCH.replace("a)", "A)"), TYPE, MATCH),
        batch(PATCH.replace("/api", "https://x/api"), TYPE, MATCH),
    ],
)
def test_a_spoilt_request_to_dynamics_is_noticed(request_: Exchange) -> None:
    assert DYNAMICS.problems(request_) != []


def test_lines_that_end_in_lf_alone_are_noticed() -> None:
    with pytest.raises(AssertionError):
        DYNAMICS.problems(batch(PATCH, TYPE, MATCH, ends="\n"))


@pytest.mark.parametrize(
    "request_",
    [
        spoilt(QUERY, "/rest/", "//rest/"),
        spoilt(QUERY, "leads.json", "lead.json"),
        spoilt(QUERY, "filterType=email", "filterType=title"),
        spoilt(QUERY, "a%40x.com", "a%40x.com,a%40x.com"),
        spoilt(QUERY, "id,title", "id,titel"),
        spoilt(QUERY, "fields=", "access_token=t&fields="),
        spoilt(QUERY, "a%40x.com", "a+b"),
        with_headers(QUERY, content_type="application/json"),
        with_headers(QUERY, authorization=""),
        replace(QUERY, read_timeout=60),
        with_headers(SYNC, content_type="text/plain"),
        spoilt(SYNC, '"CTO"', '""'),
        spoilt(SYNC, '"CTO"', '"too long"'),
        spoilt(SYNC, '"score":1', '"score":2147483648'),
        spoilt(SYNC, '"score":1', '"score":1.5'),
        spoilt(SYNC, '"score":1', '"nickname":"x"'),
        spoilt(SYNC, "updateOnly", "createOrUpdate"),
        spoilt(SYNC, '"input":[', '"input":[{"id":1},'),
        spoilt(SYNC, '"id":1,', ""),
    ],
)
def test_a_spoilt_request_to_marketo_is_noticed(request_: Exchange) -> None:
    assert MARKETO.problems(request_) != []
