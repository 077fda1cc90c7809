"""Change tracking (reference/dataverse-webapi.md 10)."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadsync_sandbox.dynamics.query.cookies import read_cookie, write_cookie
from support.organisation import Organisation

TRACK = {"Prefer": "odata.track-changes,odata.maxpagesize=2"}


def read_all(org: Organisation, url: str) -> tuple[list[Any], str]:
    """Follow all pages; the delta link stands on the last one only."""
    entries: list[Any] = []
    while True:
        reply = org.get(url, TRACK)
        assert reply.status == 200, reply.text
        page = reply.json
        entries += page["value"]
        assert ("@odata.nextLink" in page) != ("@odata.deltaLink" in page)
        if "@odata.deltaLink" in page:
            return entries, page["@odata.deltaLink"]
        url = page["@odata.nextLink"]


def test_a_full_load_then_changes_then_deletions(org: Organisation) -> None:
    ids = [org.create("leads", subject=str(n)) for n in range(5)]
    everything, link = read_all(org, "leads?$select=subject")
    assert sorted(row["leadid"] for row in everything) == sorted(ids)

    org.patch(f"leads({ids[3]})", subject="x")
    org.patch(f"leads({ids[0]})", subject="y")
    org.call("DELETE", f"leads({ids[1]})")
    gone = org.create("leads", subject="short life")
    org.call("DELETE", f"leads({gone})")
    changes, following = read_all(org, link)

    assert [row.get("leadid") for row in changes[:2]] == [ids[3], ids[0]]
    assert [(row["id"], row["reason"]) for row in changes[2:]] == [
        (ids[1], "deleted"),
        (gone, "deleted"),
    ]
    assert changes[2]["@odata.context"].endswith("$metadata#leads/$deletedEntity")
    assert read_all(org, following)[0] == []


def test_only_selected_columns_with_current_values(org: Organisation) -> None:
    lead = org.create("leads", subject="a", lastname="b")
    _, link = read_all(org, "leads?$select=subject")
    org.patch(f"leads({lead})", lastname="c")
    org.patch(f"leads({lead})", lastname="d")

    [row] = read_all(org, link)[0]

    assert set(row) == {"@odata.etag", "subject", "leadid"}
    assert row["@odata.etag"] == org.row("leads", lead)["@odata.etag"]


def test_changes_during_a_full_load_are_in_the_next_delta(org: Organisation) -> None:
    ids = sorted(org.create("leads", subject=str(n)) for n in range(4))
    first = org.get("leads?$select=subject", TRACK).json
    org.patch(f"leads({ids[0]})", subject="late")
    org.call("DELETE", f"leads({ids[3]})")

    rest, link = read_all(org, first["@odata.nextLink"])
    changes, _ = read_all(org, link)

    assert len(first["value"]) + len(rest) == 3
    assert [row.get("leadid", row.get("id")) for row in changes] == [ids[0], ids[3]]


@pytest.mark.parametrize(
    "option", ["$filter=subject eq 'a'", "$orderby=subject", "$expand=ownerid", "$top=1"]
)
def test_options_that_tracking_refuses(org: Organisation, option: str) -> None:
    reply = org.get(f"leads?{option.replace(' ', '%20')}", TRACK)

    name = option.partition("=")[0]
    assert reply.status == 400
    assert reply.message == (
        f'The "{name}" query parameter isn\'t supported when Change Tracking is enabled.'
    )


def test_tokens_expire_after_the_retention(org: Organisation) -> None:
    _, link = read_all(org, "leads?$select=subject")
    org.sandbox.clock.advance(6 * 86_400)
    org.token = org.new_token()
    assert org.get(link).status == 200

    org.sandbox.clock.advance(2 * 86_400)
    org.token = org.new_token()

    assert (org.get(link).status, org.get(link).code) == (400, "0x80044352")


def test_metadata_changes_expire_tokens_where_switched(org: Organisation) -> None:
    _, link = read_all(org, "leads?$select=subject")
    _, contacts = read_all(org, "contacts?$select=lastname")
    org.edit("add_option", table="lead", column="leadsourcecode", value=99, label="New")
    assert org.get(link).status == 200

    org.switch(metadata_change_expires_tokens=True)

    assert org.get(link).code == "0x80044352"
    assert org.get(contacts).status == 200


def test_tracking_needs_organisation_level_read(org: Organisation) -> None:
    org.switch(missing_privileges=["prvReadLead:organization"])

    reply = org.get("leads", TRACK)

    assert (reply.status, reply.code) == (403, "0x80040220")
    assert "prvReadLead" in reply.message
    assert org.get("leads").status == 200


def test_pending_changes_can_be_counted(org: Organisation) -> None:
    _, link = read_all(org, "leads?$select=subject")
    org.create("leads", subject="a")
    token = link.partition("$deltatoken=")[2]

    assert org.get(f"leads/$count?$deltatoken={token}").text.lstrip("\ufeff") == "1"


def test_formatted_values_lose_the_delta_link(org: Organisation) -> None:
    prefer = {"Prefer": 'odata.track-changes,odata.include-annotations="*"'}

    assert "@odata.deltaLink" not in org.get("leads", prefer).json


def test_a_restored_row_is_a_change_and_no_deletion(org: Organisation) -> None:
    lead = org.create("leads", subject="a")
    _, link = read_all(org, "leads?$select=subject")
    org.edit("delete", table="lead", id=lead)
    org.edit("restore", table="lead", id=lead)

    [row] = read_all(org, link)[0]

    assert (row["leadid"], row["subject"]) == (lead, "a")


@settings(max_examples=100)
@given(
    st.integers(2, 10_000),
    st.dictionaries(st.text(), st.one_of(st.none(), st.integers(), st.text())),
    st.booleans(),
)
def test_cookies_survive_one_decoding(page: int, state: dict[str, Any], tracking: bool) -> None:
    encoded = write_cookie(page, state, tracking)

    assert read_cookie(unquote_plus(encoded)) == (page, state)
