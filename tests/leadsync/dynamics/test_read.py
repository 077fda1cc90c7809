"""Reads by id, e-mail and time: chunks, batches, pages."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from leadsync.errors import RejectedError, SchemaChangedError, TransientApiError
from support.web_api import (
    ScriptedOrganisation,
    batch_response,
    error_part,
    error_response,
    guid,
    json_response,
    part,
)


def leads(*numbers: int) -> list[dict[str, object]]:
    return [{"leadid": guid(number), "@odata.etag": f'W/"{number}"'} for number in numbers]


def asked_ids(address: str) -> list[str]:
    return re.findall(r'"([0-9a-f-]{36})"', unquote(address))


def echoing_batch(request: Request) -> Response:
    """Answer each GET of a batch with the rows that it asks for."""
    addresses = re.findall(rb"\r\nGET (\S+) HTTP", request.get_data())
    answers = [
        part(200, {"value": [{"leadid": one} for one in asked_ids(address.decode())]})
        for address in addresses
    ]
    return batch_response(answers)


def test_few_ids_take_one_get(organisation: ScriptedOrganisation) -> None:
    organisation.answer(json_response({"value": leads(1)}))

    rows = organisation.client.rows_by_id("lead", [guid(1), guid(1).upper(), guid(2)], ["subject"])

    assert rows == leads(1)
    (request,) = organisation.requests
    assert request.method == "GET"
    assert request.args.to_dict() == {
        "$select": "subject,leadid",
        "$filter": "Microsoft.Dynamics.CRM.In(PropertyName='leadid',"
        f'PropertyValues=["{guid(1)}","{guid(2)}"])',
    }
    assert request.headers["Prefer"] == "odata.maxpagesize=5000"


def test_no_ids_take_no_call(organisation: ScriptedOrganisation) -> None:
    assert organisation.client.rows_by_id("lead", [], ["subject"]) == []
    assert organisation.requests == []


@pytest.mark.parametrize("concurrency", [1, 4])
def test_many_ids_take_one_call_for_each_five_thousand(
    httpserver: HTTPServer, concurrency: int
) -> None:
    organisation = ScriptedOrganisation(httpserver, concurrency=concurrency)
    organisation.answer(echoing_batch)
    ids = [guid(number) for number in range(11_000)]

    rows = organisation.client.rows_by_id("lead", ids, ["leadid"])

    assert [row["leadid"] for row in rows] == ids
    assert organisation.ledger.calls() == {"dynamics": 3}


def test_what_a_batch_leaves_open_is_read_alone(organisation: ScriptedOrganisation) -> None:
    ids = [guid(number) for number in range(1800)]
    next_link = organisation.connection.org_url + "/api/data/v9.2/leads?$skiptoken=x"
    organisation.answer(
        batch_response(
            [part(200, {"value": leads(1), "@odata.nextLink": next_link}), error_part(503, "")]
        ),
        json_response({"value": leads(2)}),
        json_response({"value": leads(3)}),
        json_response({"value": leads(4)}),
        json_response({"value": leads(5)}),
    )

    rows = organisation.client.rows_by_id("lead", ids, ["leadid"])

    assert rows == leads(1, 2, 3, 4, 5)
    assert organisation.requests[1].query_string == b"$skiptoken=x"


def test_e_mails_match_as_the_merge_compares_them(organisation: ScriptedOrganisation) -> None:
    found = [
        {"leadid": guid(1), "emailaddress1": "Ann_O@X.com "},
        {"leadid": guid(2), "emailaddress1": "annXo@x.com"},
        {"leadid": guid(3), "emailaddress1": None},
    ]
    organisation.answer(json_response({"value": found}))

    emails = [" ann_o@x.com", "ANN_O@x.com", "", "  ", "o'b+1@x.com", "x" * 900]
    rows = organisation.client.rows_by_email("lead", emails, ["leadid"])

    assert rows == found[:1]
    sent = organisation.requests[0].args
    assert sent["$select"] == "leadid,emailaddress1"
    assert json.loads(sent["$filter"].partition("PropertyValues=")[2][:-1]) == [
        f"{before}{address}{behind}"
        for address in ("ann_o@x.com", "o'b+1@x.com")
        for before, behind in (("", ""), (" ", ""), ("", " "), (" ", " "))
    ]


def test_long_e_mails_stay_within_the_length_of_an_address(
    organisation: ScriptedOrganisation,
) -> None:
    organisation.answer(lambda _: batch_response([part(200, {"value": []})] * 10))
    emails = [f"{'ö' * 150}{number}@example.com" for number in range(300)]

    organisation.client.rows_by_email("contact", emails, ["contactid"])

    for request in organisation.requests:
        lines = re.findall(rb"GET (\S+) HTTP", request.get_data()) or [request.url.encode()]
        assert max(map(len, lines)) < 32_768


def test_links_are_followed_as_they_came(organisation: ScriptedOrganisation) -> None:
    cookie = "%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22%253ccookie%2520page%253d%22%20/%3E"
    link = f"{organisation.connection.org_url}/api/data/v9.2/leads?$select=a&$skiptoken={cookie}"
    organisation.answer(
        json_response({"value": leads(1), "@odata.nextLink": link}),
        json_response({"value": leads(2, 1)}),
    )

    rows = organisation.client.rows_modified(
        "lead", ["leadid"], datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    )

    assert rows == leads(2, 1)
    first, second = organisation.requests
    assert first.args["$orderby"] == "modifiedon,leadid"
    assert first.args["$filter"] == (
        "modifiedon ge 2026-01-01T00:00:00Z and modifiedon lt 2026-01-02T00:00:00Z"
    )
    assert second.query_string.decode() == urlsplit(link).query
    assert first.headers["Prefer"] == second.headers["Prefer"]


def test_a_link_to_another_host_is_refused(organisation: ScriptedOrganisation) -> None:
    organisation.answer(
        json_response({"value": [], "@odata.nextLink": "https://evil.example/api/data/v9.2/leads"})
    )

    with pytest.raises(RejectedError, match=r"evil\.example"):
        organisation.client.rows_by_id("lead", [guid(1)], ["leadid"])


def test_an_unknown_column_is_named(organisation: ScriptedOrganisation) -> None:
    text = "Could not find a property named 'nickname' on type 'Microsoft.Dynamics.CRM.lead'."
    organisation.answer(error_response(400, "0x80060888", text))

    with pytest.raises(SchemaChangedError, match="nickname") as caught:
        organisation.client.rows_by_id("lead", [guid(1)], ["nickname"])

    assert caught.value.record == "nickname"


def test_another_query_error_stays_what_it_is(organisation: ScriptedOrganisation) -> None:
    organisation.answer(error_response(400, "0x80060888", "Syntax error at position 3."))

    with pytest.raises(RejectedError, match="Syntax error"):
        organisation.client.rows_by_id("lead", [guid(1)], ["subject"])


def test_a_truncated_page_is_read_again(organisation: ScriptedOrganisation) -> None:
    organisation.answer(
        Response('{"value":[{"leadid"', 200, content_type="application/json"),
        json_response({"value": leads(1)}),
    )

    assert organisation.client.rows_by_id("lead", [guid(1)], ["leadid"]) == leads(1)


def test_a_page_that_never_arrives_whole_is_reported(organisation: ScriptedOrganisation) -> None:
    organisation.answer(Response('{"value"', 200, content_type="application/json"))

    with pytest.raises(TransientApiError, match="no JSON object"):
        organisation.client.rows_by_id("lead", [guid(1)], ["leadid"])


def test_a_custom_table_is_addressed_by_its_own_names(organisation: ScriptedOrganisation) -> None:
    definition = {
        "LogicalName": "new_event",
        "EntitySetName": "new_eventses",
        "PrimaryIdAttribute": "new_eventid",
    }
    organisation.answer(json_response(definition), json_response({"value": []}))

    organisation.client.rows_by_id("new_event", [guid(1)], ["new_name"])
    organisation.client.rows_by_id("new_event", [guid(1)], ["new_name"])

    assert [request.path.rpartition("/")[2] for request in organisation.requests] == [
        "EntityDefinitions(LogicalName='new_event')",
        "new_eventses",
        "new_eventses",
    ]
    assert parse_qs(organisation.requests[1].query_string.decode())["$select"] == [
        "new_name,new_eventid"
    ]


def test_rows_are_found_by_a_whole_number(organisation: ScriptedOrganisation) -> None:
    organisation.answer(json_response({"value": [{"leadid": guid(1), "new_marketoid": 7}]}))

    rows = organisation.client.rows_by("lead", "new_marketoid", ["7"], ["createdon"])

    assert rows == [{"leadid": guid(1), "new_marketoid": 7}]
    (request,) = organisation.requests
    assert request.args["$filter"] == (
        "Microsoft.Dynamics.CRM.In(PropertyName='new_marketoid',PropertyValues=[\"7\"])"
    )


def test_rows_are_found_by_a_part_of_a_text_but_not_by_wildcards(
    organisation: ScriptedOrganisation,
) -> None:
    sites = ["https://A_b.example/x", "https://acb.example", None]
    rows = [{"accountid": guid(n), "websiteurl": site} for n, site in enumerate(sites, 1)]
    organisation.answer(json_response({"value": rows}))

    found = organisation.client.rows_containing("account", "websiteurl", ["a_b.example"], [])

    assert [row["accountid"] for row in found] == [guid(1)]
    (request,) = organisation.requests
    assert request.args["$filter"] == "contains(websiteurl,'a_b.example')"
