"""What tests and demonstrations do behind the API: edits, imports, faults, restarts."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
import requests

from leadsync_sandbox.common.sandbox import ControlError
from leadsync_sandbox.common.serving import application, serve_in_thread
from leadsync_sandbox.dynamics.app import DynamicsSandbox
from support.organisation import Organisation
from support.sandbox import Control


def test_a_user_edits_in_the_ui(org: Organisation) -> None:
    lead = org.edit("create", table="lead", fields={"lastname": "A", "statecode": 2})["id"]
    assert org.row("leads", lead)["statuscode"] == 4

    org.edit("activate", table="lead", id=lead)
    told = org.edit("update", table="lead", id=lead, fields={"lastname": "B"})

    row = org.row("leads", lead)
    assert (row["statecode"], row["lastname"], row["@odata.etag"]) == (0, "B", told["etag"])
    assert row["_modifiedby_value"] != org.get("WhoAmI").json["UserId"]


def test_users_qualify_merge_assign_and_restore(org: Organisation) -> None:
    lead = org.edit("create", table="lead", fields={"lastname": "A"})["id"]
    contact = org.edit("qualify", table="lead", id=lead)["contact"]
    other = org.edit("create", table="contact", fields={"lastname": "A"})["id"]
    team = org.get("teams").json["value"][0]["teamid"]

    org.edit("merge", table="contact", id=other, into=contact, fields={"jobtitle": "CTO"})
    assert org.row("contacts", other)["_masterid_value"] == contact
    org.edit("assign", table="contact", id=contact, owner=f"/teams({team})")
    org.edit("delete", table="contact", id=contact)
    org.edit("restore", table="contact", id=contact)

    row = org.row("contacts", contact)
    assert (row["jobtitle"], row["_ownerid_value"]) == ("CTO", team)
    assert org.row("contacts", other)["_masterid_value"] is None


def test_impossible_edits_say_why(org: Organisation) -> None:
    with pytest.raises(ControlError, match="There is no edit 'fly'"):
        org.edit("fly", table="lead")
    with pytest.raises(ControlError, match="There is no table 'cat'"):
        org.edit("update", table="cat", id="x")
    with pytest.raises(ControlError, match="Does Not Exist"):
        org.edit("update", table="lead", id=str(uuid.uuid4()), fields={})


def test_imports_take_stamps_and_states_and_check_values(org: Organisation) -> None:
    row = {"lastname": "A", "createdon": "2020-01-02T03:04:05Z", "statecode": 2, "statuscode": 5}

    assert org.sandbox.load({"lead": [row]}, log=False) == {"lead": 1}

    [lead] = org.get("leads").json["value"]
    assert lead["createdon"] == lead["modifiedon"] == "2020-01-02T03:04:05Z"
    assert (lead["statecode"], lead["statuscode"]) == (2, 5)
    with pytest.raises(ControlError, match=r"lead row 1 was refused: .*'20'"):
        org.sandbox.load({"lead": [row, {"mobilephone": "1" * 21}]}, log=False)


def test_a_restarted_server_continues(org: Organisation, tmp_path: Path) -> None:
    lead = org.create("leads", lastname="A")
    org.edit("add_column", table="lead", column="new_marketoid", type="Integer")
    org.sandbox.database.close()

    org.sandbox = DynamicsSandbox(tmp_path)

    assert org.row("leads", lead)["new_marketoid"] is None


def test_reset_returns_to_the_first_day(org: Organisation) -> None:
    org.create("leads", lastname="A")
    org.edit("add_column", table="lead", column="new_marketoid", type="Integer")

    org.sandbox.reset()

    org.token = org.new_token()
    assert org.get("leads").json["value"] == []
    assert org.call("POST", "leads", {"new_marketoid": 1}).status == 400


def test_a_user_edits_just_before_our_write(org: Organisation) -> None:
    lead = org.create("leads", lastname="A")
    known = org.row("leads", lead)["@odata.etag"]
    with serve_in_thread(application(org.sandbox)) as url:
        edit = {"operation": "update", "table": "lead", "id": lead, "fields": {"jobtitle": "CTO"}}
        Control(url).faults("edit_before_write", match={"method": "PATCH"}, params={"edit": edit})
        token = _token(org, url)
        reply = requests.patch(
            f"{url}/api/data/v9.2/leads({lead})",
            json={"lastname": "B"},
            headers={"Authorization": f"Bearer {token}", "If-Match": known},
            timeout=10,
        )

    assert (reply.status_code, reply.json()["error"]["code"]) == (412, "0x80060882")
    row = org.row("leads", lead)
    assert (row["lastname"], row["jobtitle"]) == ("A", "CTO")


def test_injected_errors_have_the_service_s_form(org: Organisation) -> None:
    with serve_in_thread(application(org.sandbox)) as url:
        headers = {"Retry-After": "7"}
        params = {"status": 429, "code": "0x80072322", "message": "Slow", "headers": headers}
        Control(url).faults("error", params=params)
        reply = requests.get(f"{url}/api/data/v9.2/WhoAmI", timeout=10)
        records = Control(url).records("systemuser", select="fullname")

    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "7")
    assert reply.json() == {"error": {"code": "0x80072322", "message": "Slow"}}
    assert {row["fullname"] for row in records} >= {"# leadsync", "Administrator"}


def _token(org: Organisation, url: str) -> str:
    settings = org.sandbox.settings
    form = {
        "grant_type": "client_credentials",
        "client_id": settings["client_id"],
        "client_secret": settings["client_secret"],
        "scope": f"{url}/.default",
    }
    tenant = settings["tenant_id"]
    reply = requests.post(f"{url}/{tenant}/oauth2/v2.0/token", data=form, timeout=10)
    return str(reply.json()["access_token"])
