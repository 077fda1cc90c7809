"""The client against the Dynamics sandbox: reads, delta and writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from leadsync.clock import SystemClock
from leadsync.dynamics.client import open_client
from leadsync.errors import (
    AuthenticationError,
    DeltaExpiredError,
    PermissionDeniedError,
    RejectedError,
    SchemaChangedError,
)
from leadsync.http.ledger import MemoryLedger
from leadsync.model import RowWrite
from support.connected import ConnectedOrganisation, connection_to
from support.sandbox import RunningSandbox

SELECT = ["subject", "lastname", "emailaddress1", "modifiedon", "_ownerid_value"]


@pytest.fixture
def organisation(dynamics_sandbox: RunningSandbox) -> ConnectedOrganisation:
    return ConnectedOrganisation(dynamics_sandbox)


def test_we_are_somebody(organisation: ConnectedOrganisation) -> None:
    identity = organisation.client.whoami()

    assert len(identity.user_id) == len(identity.organization_id) == 36
    assert organisation.client.version().startswith("9.")
    assert organisation.client.read_problem("lead") is None


def test_a_wrong_secret_is_told(dynamics_sandbox: RunningSandbox) -> None:
    clock = SystemClock()
    client = open_client(connection_to(dynamics_sandbox, "wrong"), MemoryLedger(clock), clock)

    with pytest.raises(AuthenticationError, match="AADSTS7000215"):
        client.whoami()


def test_an_expired_token_is_renewed(organisation: ConnectedOrganisation) -> None:
    organisation.client.whoami()
    organisation.control.faults("expire_tokens", match={"path": "WhoAmI"})

    assert organisation.client.whoami().user_id


def test_rows_are_found_by_id_and_by_e_mail(organisation: ConnectedOrganisation) -> None:
    first = organisation.create(lastname="A", emailaddress1="O'Hara+1@Example.com")
    second = organisation.create(lastname="B", emailaddress1="b_b@example.com")
    organisation.create(lastname="C", emailaddress1="bXb@example.com")

    by_id = organisation.client.rows_by_id("lead", [first, str(uuid4())], SELECT)
    by_email = organisation.client.rows_by_email(
        "lead", ["o'hara+1@example.com ", "B_B@example.com"], ["leadid"]
    )

    assert [row["lastname"] for row in by_id] == ["A"]
    assert by_id[0]["@odata.etag"].startswith('W/"')
    assert {row["leadid"] for row in by_email} == {first, second}


def test_many_ids_travel_in_one_batch(organisation: ConnectedOrganisation) -> None:
    rows = [{"leadid": str(uuid4()), "lastname": str(number)} for number in range(1200)]
    organisation.control.load(lead=rows)

    found = organisation.client.rows_by_id("lead", [row["leadid"] for row in rows], ["lastname"])

    assert {row["lastname"] for row in found} == {str(number) for number in range(1200)}
    assert organisation.calls() == 1


def test_rows_of_a_window_are_found(organisation: ConnectedOrganisation) -> None:
    organisation.control.set_time("2026-03-01T10:00:00Z", frozen=True)
    before = organisation.create(lastname="before")
    organisation.control.set_time("2026-03-01T11:00:00Z", frozen=True)
    inside = organisation.create(lastname="inside")
    organisation.control.set_time("2026-03-01T12:00:00Z", frozen=True)
    organisation.create(lastname="after")

    start = datetime(2026, 3, 1, 11, tzinfo=UTC)
    rows = organisation.client.rows_modified("lead", SELECT, start, start + timedelta(hours=1))
    earlier = organisation.client.rows_modified("lead", SELECT, start - timedelta(hours=1), start)

    assert [row["leadid"] for row in rows] == [inside]
    assert [row["leadid"] for row in earlier] == [before]


def test_the_delta_brings_changes_and_deletions_once(organisation: ConnectedOrganisation) -> None:
    kept = organisation.create(lastname="kept")
    lost = organisation.create(lastname="lost")
    first = organisation.client.delta("lead", SELECT, None)
    assert first.full
    assert {kept, lost} <= {row["leadid"] for row in first.rows}

    organisation.client.write_rows([RowWrite("update", "lead", kept, {"subject": "new"})])
    assert organisation.client.delete("lead", lost).status == "written"
    second = organisation.client.delta("lead", SELECT, first.delta_link)
    third = organisation.client.delta("lead", SELECT, second.delta_link)

    assert [(row["leadid"], row["subject"]) for row in second.rows] == [(kept, "new")]
    assert second.deleted == (lost,)
    assert not second.full
    assert (third.rows, third.deleted) == ((), ())


def test_a_first_load_of_many_pages_is_complete(organisation: ConnectedOrganisation) -> None:
    rows = [{"leadid": str(uuid4()), "lastname": str(number)} for number in range(10_200)]
    organisation.control.load(lead=rows)

    read = organisation.client.delta("lead", ["lastname"], None)

    assert {row["leadid"] for row in rows} <= {row["leadid"] for row in read.rows}
    assert len(read.rows) == len({row["leadid"] for row in read.rows})
    assert organisation.calls() == 3


def test_an_old_link_expires(organisation: ConnectedOrganisation) -> None:
    link = organisation.client.delta("lead", SELECT, None).delta_link
    organisation.control.advance(8 * 86_400)
    organisation.clock.sleep(8 * 86_400)

    with pytest.raises(DeltaExpiredError, match="0x80044352"):
        organisation.client.delta("lead", SELECT, link)


def test_a_column_that_never_was_is_named(organisation: ConnectedOrganisation) -> None:
    with pytest.raises(SchemaChangedError, match="new_nothing"):
        organisation.client.delta("lead", ["subject", "new_nothing"], None)


def test_each_row_of_a_batch_has_its_own_outcome(organisation: ConnectedOrganisation) -> None:
    taken = organisation.create(lastname="x")
    stale = organisation.row(taken)["@odata.etag"]
    organisation.client.write_rows([RowWrite("update", "lead", taken, {"subject": "moved"})])
    gone, fresh = str(uuid4()), str(uuid4())
    bound = {"parentaccountid@odata.bind": f"/accounts({uuid4()})"}

    results = organisation.client.write_rows(
        [
            RowWrite("create", "lead", fresh, {"lastname": "Å ✓", "subject": "--batch\r\n--"}),
            RowWrite("create", "lead", taken, {"lastname": "again"}),
            RowWrite("update", "lead", taken, {"subject": "late"}, stale),
            RowWrite("update", "lead", gone, {"subject": "nobody"}),
            RowWrite("update", "lead", taken, bound),
            RowWrite("update", "lead", taken, {"mobilephone": "1" * 21}),
            RowWrite("update", "lead", taken, {"jobtitle": "CTO"}),
        ]
    )

    assert [result.status for result in results] == [
        "written",
        "exists",
        "conflict",
        "missing",
        "rejected",
        "rejected",
        "written",
    ]
    assert results[5].error is not None
    assert results[5].error.code == "0x80044331"
    row = organisation.row(taken, "lead", "subject", "jobtitle")
    assert (row["subject"], row["jobtitle"]) == ("moved", "CTO")
    assert row["@odata.etag"] == results[6].etag
    made = organisation.row(fresh, "lead", "lastname", "subject")
    assert made["lastname"] == "Å ✓"


def test_a_full_batch_takes_one_call(organisation: ConnectedOrganisation) -> None:
    writes = [RowWrite("create", "contact", str(uuid4()), {"lastname": "x"}) for _ in range(1000)]
    before = organisation.calls()

    results = organisation.client.write_rows(writes)

    assert {result.status for result in results} == {"written"}
    assert all(result.etag for result in results)
    assert organisation.calls() == before + 1


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_a_broken_connection_neither_loses_nor_doubles_rows(
    organisation: ConnectedOrganisation, fault: str
) -> None:
    changed = organisation.create(lastname="x")
    etag = organisation.row(changed)["@odata.etag"]
    made = str(uuid4())
    organisation.control.faults(fault, match={"path": r"\$batch"})

    create, update = organisation.client.write_rows(
        [
            RowWrite("create", "lead", made, {"lastname": "made"}),
            RowWrite("update", "lead", changed, {"subject": "new"}, etag),
        ]
    )

    assert create.status == "written"
    assert create.etag == organisation.row(made)["@odata.etag"]
    assert update.status == ("written" if fault == "drop_before" else "conflict")
    assert organisation.row(changed, "lead", "subject")["subject"] == "new"


def test_a_truncated_batch_answer_is_settled(organisation: ConnectedOrganisation) -> None:
    ids = [str(uuid4()) for _ in range(20)]
    params = {"keep": 0.5, "complete": True}
    organisation.client.whoami()
    organisation.control.faults("truncate", match={"path": r"\$batch"}, params=params)

    results = organisation.client.write_rows(
        [RowWrite("create", "lead", row_id, {"lastname": "x"}) for row_id in ids]
    )

    assert {result.status for result in results} == {"written"}
    assert len(organisation.client.rows_by_id("lead", ids, ["leadid"])) == 20


def test_throttling_is_waited_for(organisation: ConnectedOrganisation) -> None:
    params = {"status": 429, "code": "0x80072322", "headers": {"Retry-After": "30"}}
    organisation.control.faults("error", match={"path": "leads"}, params=params)

    assert organisation.client.rows_by_id("lead", [str(uuid4())], ["leadid"]) == []
    assert 30 <= organisation.clock.sleeps[0] < 32


def test_upsert_finds_the_row_by_its_key(organisation: ConnectedOrganisation) -> None:
    organisation.client.provision("contact")

    first, created = organisation.client.upsert("contact", {"new_marketoid": 7}, {"lastname": "a"})
    second, updated = organisation.client.upsert("contact", {"new_marketoid": 7}, {"lastname": "b"})

    assert first == second is not None
    assert (created.status, updated.status) == ("written", "written")
    assert created.etag != updated.etag


def test_bulk_actions_write_and_find_the_guilty_row(organisation: ConnectedOrganisation) -> None:
    writes = [RowWrite("create", "lead", str(uuid4()), {"lastname": "x"}) for _ in range(50)]
    writes[17] = RowWrite("create", "lead", str(uuid4()), {"mobilephone": "1" * 21})

    results = organisation.client.write_multiple(writes)

    assert [index for index, one in enumerate(results) if one.status == "rejected"] == [17]
    updates = [
        RowWrite("update", "lead", one.row_id, {"address1_city": "Lund"}) for one in writes[:10]
    ]
    assert {one.status for one in organisation.client.write_multiple(updates)} == {"written"}
    assert organisation.row(writes[3].row_id, "lead", "address1_city")["address1_city"] == "Lund"


def test_a_lost_bulk_answer_makes_no_doubles(organisation: ConnectedOrganisation) -> None:
    writes = [RowWrite("create", "lead", str(uuid4()), {"lastname": "x"}) for _ in range(5)]
    organisation.control.faults("drop_after", match={"path": "CreateMultiple"})

    results = organisation.client.write_multiple(writes)

    assert {one.status for one in results} == {"written"}


def test_a_lead_is_qualified_once(organisation: ConnectedOrganisation) -> None:
    lead = organisation.create(lastname="x", firstname="y")

    (made,) = organisation.client.qualify_lead(lead, account=False, contact=True)

    contact = organisation.row(made["contactid"], "contact", "_originatingleadid_value")
    assert contact["_originatingleadid_value"] == lead
    with pytest.raises(RejectedError):
        organisation.client.qualify_lead(lead, account=False, contact=True)


def test_a_missing_read_privilege_is_named(organisation: ConnectedOrganisation) -> None:
    organisation.control.settings(missing_privileges=["prvReadLead:organization"])

    problem = organisation.client.read_problem("lead")

    assert isinstance(problem, PermissionDeniedError)
    assert "prvReadLead" in problem.remedy


def test_links_stay_within_the_organisation(organisation: ConnectedOrganisation) -> None:
    link = organisation.client.delta("contact", ["lastname"], None).delta_link

    assert urlsplit(link).hostname == urlsplit(organisation.client.connection.org_url).hostname
