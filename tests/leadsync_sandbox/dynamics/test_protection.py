"""Limits, privileges, column security, plug-ins (reference/dataverse-webapi.md 9, 14, 20)."""

from __future__ import annotations

import pytest

from support.organisation import Organisation


def test_requests_are_counted_in_a_sliding_window(org: Organisation) -> None:
    org.sandbox.clock.freeze(True)
    org.switch(request_limit=3)
    left = [org.get("WhoAmI").headers["x-ms-ratelimit-burst-remaining-xrm-requests"] for _ in "abc"]
    assert left == ["2", "1", "0"]

    refused = org.call("POST", "leads", {"subject": "x"})

    assert (refused.status, refused.code) == (429, "0x80072322")
    assert refused.headers["Retry-After"] == "300"
    org.sandbox.clock.advance(300)
    assert org.get("leads").json["value"] == []


def test_execution_time_is_limited(org: Organisation) -> None:
    org.sandbox.clock.freeze(True)
    org.switch(call_seconds=700.0)
    assert org.get("WhoAmI").status == org.get("WhoAmI").status == 200

    refused = org.get("WhoAmI")

    assert (refused.status, refused.code) == (429, "0x80072321")
    assert "1,200,000 milliseconds" in refused.message
    assert int(refused.headers["Retry-After"]) > 0


def test_concurrent_requests_are_limited(org: Organisation) -> None:
    org.switch(concurrency_limit=1)
    with org.sandbox.count_running("read"):
        refused = org.get("WhoAmI")

    assert (refused.status, refused.code) == (429, "0x80072326")
    assert org.get("WhoAmI").status == 200


def test_diagnostic_headers(org: Organisation) -> None:
    org.switch(dop_hint=4)

    headers = org.get("WhoAmI").headers

    assert headers["x-ms-dop-hint"] == "4"
    assert headers["x-ms-ratelimit-time-remaining-xrm-requests"].startswith("1,")
    assert headers["x-ms-service-request-id"]


@pytest.mark.parametrize(
    ("privilege", "method"),
    [("Read", "GET"), ("Write", "PATCH"), ("Delete", "DELETE"), ("Create", "POST")],
)
def test_missing_privileges_are_named(org: Organisation, privilege: str, method: str) -> None:
    lead = org.create("leads", subject="x")
    org.switch(missing_privileges=[f"prv{privilege}Lead"])
    path = "leads" if method == "POST" else f"leads({lead})"

    reply = org.call(method, path, None if method in ("GET", "DELETE") else {"subject": "y"})

    assert (reply.status, reply.code) == (403, "0x80040220")
    assert f"is missing prv{privilege}Lead privilege" in reply.message


def test_assigning_has_a_privilege_of_its_own(org: Organisation) -> None:
    lead = org.create("leads", subject="x")
    team = org.get("teams").json["value"][0]["teamid"]
    org.switch(missing_privileges=["prvAssignLead"])

    assert org.patch(f"leads({lead})", subject="y").status == 204
    assigned = org.patch(f"leads({lead})", **{"ownerid@odata.bind": f"/teams({team})"})
    assert assigned.status == 403


def test_secured_columns(org: Organisation) -> None:
    lead = org.create("leads", sic="1")
    org.switch(secured_columns={"lead.sic": []})

    assert org.row("leads", lead)["sic"] is None
    assert org.patch(f"leads({lead})", sic="2").code == "0x8004f507"
    assert org.call("POST", "leads", {"sic": "2"}).code == "0x8004f502"
    assert org.patch(f"leads({lead})", subject="x").status == 204


def test_plugins_change_values_or_abort(org: Organisation) -> None:
    rewrite = {"table": "lead", "when": {"subject": "x"}, "set": {"jobtitle": "by plug-in"}}
    abort = {"table": "lead", "message": "update", "when": {"subject": "no"}, "abort": "Not now"}
    org.switch(plugins=[rewrite, abort])
    lead = org.create("leads", subject="x", jobtitle="mine")

    assert org.row("leads", lead)["jobtitle"] == "by plug-in"
    refused = org.patch(f"leads({lead})", subject="no")
    assert (refused.status, refused.code, refused.message) == (400, "0x80040265", "Not now")
    assert org.row("leads", lead)["subject"] == "x"


def test_error_codes_may_come_in_upper_case(org: Organisation) -> None:
    org.switch(upper_case_error_codes=True)

    assert org.call("POST", "leads", {"nosuch": 1}).code == "0x80048D19"
