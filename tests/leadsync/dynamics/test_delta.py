"""Change tracking: pages, deletions, expiry."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from werkzeug import Response

from leadsync.dynamics.delta import missing_columns
from leadsync.errors import (
    DeltaExpiredError,
    RejectedError,
    SchemaChangedError,
    TransientApiError,
)
from support.web_api import ScriptedOrganisation, error_response, guid, json_response

SELECT = ["subject", "modifiedon"]


def link(organisation: ScriptedOrganisation, token: str, select: str = "subject,modifiedon") -> str:
    root = f"{organisation.connection.org_url}/api/data/v9.2/leads"
    return f"{root}?$select={select}&$deltatoken={token}%2108%2F22%2F2026%2008%3A10%3A44"


def lead(number: int, subject: str = "s") -> dict[str, object]:
    return {"leadid": guid(number), "subject": subject, "@odata.etag": f'W/"{number}"'}


def gone(number: int) -> dict[str, object]:
    return {
        "@odata.context": "http://x/api/data/v9.2/$metadata#leads/$deletedEntity",
        "id": guid(number).upper(),
        "reason": "deleted",
    }


def test_the_first_read_takes_all_pages(organisation: ScriptedOrganisation) -> None:
    more = f"{organisation.connection.org_url}/api/data/v9.2/leads?$select=x&$skiptoken=2"
    organisation.answer(
        json_response({"value": [lead(1), lead(2)], "@odata.nextLink": more}),
        json_response({"value": [lead(3)], "@odata.deltaLink": link(organisation, "7")}),
    )

    read = organisation.client.delta("lead", SELECT, None)

    assert read.rows == (lead(1), lead(2), lead(3))
    assert read.full
    assert read.delta_link == link(organisation, "7")
    first, second = organisation.requests
    assert first.args.to_dict() == {"$select": "subject,modifiedon"}
    assert first.headers["Prefer"] == "odata.track-changes,odata.maxpagesize=5000"
    assert second.headers["Prefer"] == first.headers["Prefer"]


def test_a_link_is_followed_as_it_was_stored(organisation: ScriptedOrganisation) -> None:
    stored = link(organisation, "7")
    organisation.answer(json_response({"value": [], "@odata.deltaLink": link(organisation, "8")}))

    read = organisation.client.delta("lead", SELECT, stored)

    assert (read.rows, read.deleted, read.full) == ((), (), False)
    assert organisation.requests[0].query_string.decode() == urlsplit(stored).query


def test_a_row_counts_once_in_its_last_state(organisation: ScriptedOrganisation) -> None:
    entries = [lead(1, "old"), lead(2), lead(1, "new"), gone(9)]
    organisation.answer(
        json_response({"value": entries, "@odata.deltaLink": link(organisation, "8")})
    )

    read = organisation.client.delta("lead", SELECT, link(organisation, "7"))

    assert sorted(read.rows, key=str) == sorted([lead(1, "new"), lead(2)], key=str)
    assert read.deleted == (guid(9),)


def test_a_row_both_changed_and_deleted_is_asked_for(organisation: ScriptedOrganisation) -> None:
    entries = [lead(1), lead(2), lead(3), gone(2), gone(3)]
    organisation.answer(
        json_response({"value": entries, "@odata.deltaLink": link(organisation, "8")}),
        json_response({"value": [lead(3, "restored")]}),
    )

    read = organisation.client.delta("lead", SELECT, link(organisation, "7"))

    assert read.rows == (lead(1), lead(3, "restored"))
    assert read.deleted == (guid(2),)


@pytest.mark.parametrize("status", [400, 404, 410, 500])
@pytest.mark.parametrize("code", ["0x80044352", "0X80044352"])
def test_an_expired_link_is_told_by_its_code(
    organisation: ScriptedOrganisation, status: int, code: str
) -> None:
    organisation.answer(error_response(status, code))

    with pytest.raises(DeltaExpiredError, match="full read"):
        organisation.client.delta("lead", SELECT, link(organisation, "7"))

    assert len(organisation.requests) == 1


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_link_that_is_refused_for_good_is_given_up(
    organisation: ScriptedOrganisation, status: int
) -> None:
    organisation.answer(error_response(status, "0x80060888", "Syntax error in the token."))

    with pytest.raises(DeltaExpiredError, match="Syntax error in the token"):
        organisation.client.delta("lead", SELECT, link(organisation, "7"))


def test_relative_links_and_ids_in_other_forms_are_understood(
    organisation: ScriptedOrganisation,
) -> None:
    upper = {"leadid": f"{{{guid(10).upper()}}}", "@odata.etag": 'W/"1"'}
    gone = {"@odata.context": "x#leads/$deletedEntity", "id": f"leads({guid(11).upper()})"}
    organisation.answer(
        json_response({"@odata.nextLink": "/api/data/v9.2/leads?$skiptoken=2", "value": [upper]}),
        json_response({"@odata.deltaLink": "leads?$deltatoken=8", "value": [gone]}),
        json_response({"@odata.deltaLink": "leads?$deltatoken=9", "value": []}),
    )

    first = organisation.client.delta("lead", ["leadid"], None)
    second = organisation.client.delta("lead", ["leadid"], first.delta_link)

    assert [row["leadid"] for row in first.rows] == [guid(10)]
    assert first.deleted == (guid(11),)
    assert second.delta_link == "leads?$deltatoken=9"
    paths = {request.path for request in organisation.requests}
    assert paths == {"/api/data/v9.2/leads"}
    assert organisation.requests[2].args["$deltatoken"] == "8"


def test_the_link_of_another_organisation_is_not_followed(
    organisation: ScriptedOrganisation,
) -> None:
    stored = "https://other.crm.dynamics.com/api/data/v9.2/leads?$deltatoken=1"

    with pytest.raises(DeltaExpiredError, match=r"issued by other\.crm\.dynamics\.com"):
        organisation.client.delta("lead", SELECT, stored)

    assert organisation.requests == []


def test_a_link_without_a_newly_mapped_column_is_not_followed(
    organisation: ScriptedOrganisation,
) -> None:
    with pytest.raises(DeltaExpiredError, match="does not read jobtitle"):
        organisation.client.delta("lead", [*SELECT, "jobtitle"], link(organisation, "7"))


def test_columns_of_a_link_are_read_in_any_encoding() -> None:
    stored = "https://x/leads?%24select=subject%2Cmodifiedon&%24deltatoken=1"

    assert missing_columns(stored, ["subject", "city"]) == ["city"]
    assert missing_columns("https://x/leads?$deltatoken=1", ["city"]) == []


def test_a_gone_column_is_named(organisation: ScriptedOrganisation) -> None:
    text = "Could not find a property named 'subject' on type 'Microsoft.Dynamics.CRM.lead'."
    organisation.answer(error_response(400, "0x80060888", text))

    with pytest.raises(SchemaChangedError, match="subject"):
        organisation.client.delta("lead", SELECT, link(organisation, "7"))


def test_a_failure_on_the_way_yields_no_link(organisation: ScriptedOrganisation) -> None:
    more = f"{organisation.connection.org_url}/api/data/v9.2/leads?$skiptoken=2"
    organisation.answer(
        json_response({"value": [lead(1)], "@odata.nextLink": more}), Response(status=503)
    )

    with pytest.raises(TransientApiError):
        organisation.client.delta("lead", SELECT, None)


def test_a_read_without_a_link_is_refused(organisation: ScriptedOrganisation) -> None:
    organisation.answer(json_response({"value": [lead(1)]}))

    with pytest.raises(RejectedError, match="Enable change tracking for the table lead"):
        organisation.client.delta("lead", SELECT, None)
