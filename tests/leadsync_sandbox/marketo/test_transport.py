"""Envelope, content types, compression, paths (reference/marketo-rest.md 1, 3)."""

from __future__ import annotations

import re

import pytest

from support.marketo_rest import Rest

LEADS = "/rest/v1/leads.json"


def test_no_match_is_a_success_with_exactly_three_keys(rest: Rest) -> None:
    answer = rest.get(LEADS, filterType="email", filterValues="nobody@x.com")
    assert set(answer) == {"requestId", "result", "success"}
    assert (answer["result"], answer["success"]) == ([], True)


def test_request_id_carries_the_server_time_in_hex(rest: Rest) -> None:
    rest.control.set_time("2021-11-23T22:57:09Z", frozen=True)
    rest.authenticate()
    found = re.fullmatch(
        r"[0-9a-f]{2,5}#([0-9a-f]+)", rest.get("/rest/v1/leads/partitions.json")["requestId"]
    )
    assert found
    assert int(found[1], 16) == 1637708229000


def test_only_long_answers_are_compressed_and_only_when_accepted(rest: Rest) -> None:
    gzip = {"Accept-Encoding": "gzip"}
    long = rest.raw("GET", "/rest/v1/leads/describe.json", headers=gzip)
    assert long.headers["Content-Encoding"] == "gzip"
    assert long.headers["Vary"] == "Accept-Encoding"
    assert len(long.json()["result"]) == 91
    short = rest.raw("GET", "/rest/v1/leads/partitions.json", headers=gzip)
    assert "Content-Encoding" not in short.headers
    plain = rest.raw("GET", "/rest/v1/leads/describe.json", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"input": NaN}', b"\xff"])
def test_a_body_that_is_no_json_object_is_609(rest: Rest, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert rest.code(rest.raw("POST", LEADS, data=body, headers=headers).json()) == "609"


def test_missing_or_wrong_content_type_is_612(rest: Rest) -> None:
    assert rest.code(rest.raw("POST", LEADS, data=b"{}").json()) == "612"
    text = {"Content-Type": "text/plain"}
    assert rest.code(rest.raw("POST", LEADS, data=b"{}", headers=text).json()) == "612"
    assert rest.code(rest.raw("DELETE", f"{LEADS}?id=1").json()) == "612"


def test_missing_parameters_are_1002_and_wrong_types_1001(rest: Rest) -> None:
    assert rest.code(rest.get(LEADS, filterType="email")) == "1002"
    assert rest.code(rest.get("/rest/v1/lead/abc.json")) == "1001"
    assert rest.code(rest.get("/rest/v1/activities/pagingtoken.json")) == "1002"
    path = "/rest/v1/activities/pagingtoken.json"
    assert rest.code(rest.get(path, sinceDatetime="yesterday")) == "704"


def test_parent_folders_are_resolved_and_double_slashes_refused(rest: Rest) -> None:
    import http.client

    host = rest.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=10)
    headers = {"Authorization": str(rest.session.headers["Authorization"])}
    connection.request("GET", "/rest/../bulk/v1/leads/export.json", headers=headers)
    assert b'"result":[]' in connection.getresponse().read()
    connection.request("GET", "//rest/v1/leads/partitions.json", headers=headers)
    assert b'"610"' in connection.getresponse().read()
    rest.control.settings(double_slash_rejected=False)
    connection.close()


def test_bulk_paths_are_not_under_rest(rest: Rest) -> None:
    assert rest.code(rest.get("/rest/bulk/v1/leads/export.json")) == "610"
    assert rest.get("/bulk/v1/leads/export.json")["success"] is True
