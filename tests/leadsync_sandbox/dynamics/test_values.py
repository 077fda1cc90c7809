"""What a write accepts, refuses, ignores and changes (reference/dataverse-webapi.md 3, 9, 15)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadsync_sandbox.dynamics.checks import utf16_length
from leadsync_sandbox.dynamics.values import to_instant
from leadsync_sandbox.dynamics.wildcards import matches
from support.organisation import Organisation


@pytest.mark.parametrize(
    ("column", "value", "code", "text"),
    [
        ("nosuch", 1, "0x80048d19", "The property 'nosuch' does not exist on type"),
        ("Subject", "x", "0x80048d19", "Invalid property 'Subject' was found in entity"),
        ("leadsourcecode", "Web", "0x80048d19", "Cannot convert the literal 'Web' to the expected"),
        ("donotemail", 1, "0x80048d19", "to the expected type 'Edm.Boolean'"),
        ("donotemail", "true", "0x80048d19", "to the expected type 'Edm.Boolean'"),
        ("numberofemployees", 2**31, "0x80048d19", "to the expected type 'Edm.Int32'"),
        ("numberofemployees", 1.5, "0x80048d19", "to the expected type 'Edm.Int32'"),
        ("subject", 5, "0x80048d19", "to the expected type 'Edm.String'"),
        ("revenue", "100", "0x80048d19", "to the expected type 'Edm.Decimal'"),
        ("estimatedclosedate", "2026-01-01T00:00:00Z", "0x80048d19", "'Edm.Date'"),
        ("estimatedclosedate", "2026-02-30", "0x80048d19", "'Edm.Date'"),
        ("estimatedclosedate", "1752-12-31", "0x80040203", "less than minimum value"),
        (
            "_ownerid_value",
            "c63547f3-c037-4804-a54e-9629aee6b513",
            "0x80048d19",
            "Use Navigation properties instead",
        ),
        ("subject", "half \ud83d", "0x80048d19", "Cannot convert the literal 'half ?'"),
        ("mobilephone", "1" * 21, "0x80044331", "exceeded the maximum allowed length of '20'"),
        ("numberofemployees", -1, "0x8004432f", "The value -1 of 'numberofemployees'"),
        ("revenue", -0.01, "0x80044330", "for lead.revenue. The value -0.01 of type Microsoft"),
        ("revenue", 10**29, "0x80048d19", "to the expected type 'Edm.Decimal'"),
        ("revenue", 1e28, "0x80044330", "The value 1e+28 of type Microsoft.Xrm.Sdk.Money"),
        ("address1_latitude", 91, "0x80044330", "System.Double"),
        ("address1_latitude", 1e308, "0x80044330", "System.Double"),
        ("address1_latitude", 10**400, "0x80048d19", "to the expected type 'Edm.Double'"),
        ("leadsourcecode", 11, "0x8004431a", "Accepted Values: 1,2,3,4,5,6,7,8,9,10"),
        ("statecode", None, "0x80040203", "cannot be set to null"),
    ],
)
def test_refused_values(org: Organisation, column: str, value: Any, code: str, text: str) -> None:
    reply = org.call("POST", "leads", {column: value})

    assert (reply.status, reply.code) == (400, code)
    assert text in reply.message


def test_the_length_error_is_worded_as_captured(org: Organisation) -> None:
    reply = org.call("POST", "leads", {"mobilephone": "+45 12 34 56 78 ext. 12345"})

    assert reply.message == (
        "A validation error occurred.  The length of the 'mobilephone' attribute of the 'lead' "
        "entity exceeded the maximum allowed length of '20'."
    )


def test_names_are_checked_before_values(org: Organisation) -> None:
    reply = org.call("POST", "leads", {"mobilephone": "1" * 21, "nosuch": 1})

    assert reply.code == "0x80048d19"


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"x"', b"", b'{"revenue": NaN}', b'{"revenue": -Infinity}']
)
def test_bodies_that_are_no_object(org: Organisation, body: bytes) -> None:
    reply = org.call("POST", "leads", body)

    assert (reply.status, reply.code) == (400, "0x80048d19")


@pytest.mark.parametrize(
    ("column", "sent", "stored"),
    [
        ("subject", "", None),
        ("emailaddress1", "foo@@bar", "foo@@bar"),
        ("description", "a\r\n🙂 שלום e\u0301", "a\r\n🙂 שלום e\u0301"),
        ("revenue", 10.005, 10.01),
        ("estimatedclosedate", "2025-03-30", "2025-03-30"),
        ("schedulefollowup_prospect", "2025-10-26T00:30:00.9+02:00", "2025-10-25T22:30:00Z"),
        ("schedulefollowup_prospect", "2025-10-26T00:30:00", "2025-10-26T00:30:00Z"),
        ("fullname", "ignored", "L"),
        ("modifiedon", "2001-01-01T00:00:00Z", None),
        ("versionnumber", 5, None),
    ],
)
def test_stored_values(org: Organisation, column: str, sent: Any, stored: Any) -> None:
    row = org.row("leads", org.create("leads", lastname="L", **{column: sent}))

    if column in ("modifiedon", "versionnumber"):
        assert row[column] != sent
    else:
        assert row[column] == stored


@pytest.mark.parametrize(
    ("sent", "stored"), [("1,2", "1,2"), ("2,1", "1,2"), ("1,1", "1"), ("", None), (None, None)]
)
def test_several_choices_are_a_set(org: Organisation, sent: str | None, stored: str | None) -> None:
    add_colours(org)
    assert org.row("leads", org.create("leads", new_colours=sent))["new_colours"] == stored


@pytest.mark.parametrize("sent", ["1,3", "1, 2", ",1", "1;2", "\uff11", "9" * 5000])
def test_choices_that_are_no_codes_of_the_column(org: Organisation, sent: str) -> None:
    add_colours(org)
    assert org.call("POST", "leads", {"new_colours": sent}).code == "0x8004431a"


def add_colours(org: Organisation) -> None:
    options = [[1, "Red"], [2, "Green"]]
    facts = {"table": "lead", "column": "new_colours", "options": options}
    org.edit("add_column", type="MultiSelectPicklist", **facts)


def test_polymorphic_lookups_need_their_target(org: Organisation) -> None:
    account = org.create("accounts", name="A")
    link = f"/accounts({account})"

    for wrong in ("parentcustomerid", "ParentCustomerId_account", "parentcustomerid_Account"):
        reply = org.call("POST", "contacts", {f"{wrong}@odata.bind": link})
        assert (reply.status, reply.code) == (400, "0x80048d19")
        assert f"An undeclared property '{wrong}' which only has property" in reply.message
    crossed = org.call("POST", "contacts", {"parentcustomerid_contact@odata.bind": link})
    assert crossed.status == 400


def test_binds_take_many_forms(org: Organisation) -> None:
    account = org.create("accounts", name="A")

    for link in (
        f"/accounts({account})",
        f"accounts({account})",
        f"/accounts(accountid={account})",
    ):
        body = {"parentcustomerid_account@odata.bind": link}
        assert org.call("POST", "contacts", body).status == 204


def test_a_missing_bound_row_is_404_about_that_row(org: Organisation) -> None:
    gone = str(uuid.uuid4())
    lead = org.create("leads", lastname="A")

    reply = org.patch(f"leads({lead})", **{"parentcontactid@odata.bind": f"/contacts({gone})"})

    assert (reply.status, reply.code) == (404, "0x80040217")
    assert reply.message == f"Entity 'Contact' With Id = {gone} Does Not Exist"


def test_assigning_to_a_team_or_to_a_disabled_user(org: Organisation) -> None:
    team = org.get("teams").json["value"][0]["teamid"]
    left = org.edit("create", table="systemuser", fields={"lastname": "Gone"})["id"]
    org.edit("deactivate", table="systemuser", id=left)
    lead = org.create("leads", lastname="A")

    assert org.patch(f"leads({lead})", **{"ownerid@odata.bind": f"/teams({team})"}).status == 204
    row = org.row("leads", lead)
    assert (row["_owningteam_value"], row["_owninguser_value"]) == (team, None)
    refused = org.patch(f"leads({lead})", **{"ownerid@odata.bind": f"/systemusers({left})"})
    assert (refused.status, refused.code) == (400, "0x80040225")


@pytest.mark.parametrize(
    ("change", "state", "reason"),
    [
        ({"statecode": 1}, 1, 3),
        ({"statecode": 2}, 2, 4),
        ({"statecode": 2, "statuscode": 7}, 2, 7),
        ({"statuscode": 2}, 0, 2),
    ],
)
def test_state_changes(org: Organisation, change: dict[str, int], state: int, reason: int) -> None:
    lead = org.create("leads", lastname="A")

    assert org.patch(f"leads({lead})", **change).status == 204

    row = org.row("leads", lead)
    assert (row["statecode"], row["statuscode"]) == (state, reason)


@pytest.mark.parametrize(
    "change", [{"statecode": 0, "statuscode": 3}, {"statuscode": 4}, {"statecode": 9}]
)
def test_states_that_do_not_fit(org: Organisation, change: dict[str, int]) -> None:
    lead = org.create("leads", lastname="A")

    assert org.patch(f"leads({lead})", **change).code == "0x80048408"


def test_a_new_row_cannot_be_closed(org: Organisation) -> None:
    assert org.call("POST", "leads", {"statuscode": 4}).code == "0x80048408"


def test_closed_rows_can_still_be_written(org: Organisation) -> None:
    lead = org.create("leads", lastname="A")
    org.patch(f"leads({lead})", statecode=2)

    assert org.patch(f"leads({lead})", lastname="B").status == 204


@pytest.mark.parametrize(("text", "length"), [("abc", 3), ("é", 1), ("🙂", 2), ("👍🏽", 4)])
def test_lengths_count_utf16_units(text: str, length: int) -> None:
    assert utf16_length(text) == length


@settings(max_examples=200)
@given(st.datetimes(min_value=datetime(1900, 1, 1)), st.integers(-14, 14))
def test_instants_are_stable_once_stored(moment: datetime, hours: int) -> None:
    sign = "-" if hours < 0 else "+"
    stored = to_instant(f"{moment.replace(microsecond=0).isoformat()}{sign}{abs(hours):02}:00")

    assert to_instant(stored) == stored


@pytest.mark.parametrize(
    ("value", "pattern", "fits"),
    [
        ("Åsa Öberg", "åsa%", True),
        ("abc", "a_c", True),
        ("abc", "[a-c]bc", True),
        ("abc", "[^a]bc", False),
        ("100%", "100", False),
        (None, "%", None),
    ],
)
def test_like_patterns(value: str | None, pattern: str, fits: bool | None) -> None:
    assert matches(value, pattern) is fits
