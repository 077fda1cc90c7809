"""The client against the Dynamics sandbox: reads, delta, writes, metadata, provisioning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from leadsync.clock import SystemClock
from leadsync.dynamics.client import DynamicsClient, open_client
from leadsync.dynamics.connection import DynamicsConnection
from leadsync.errors import (
    AuthenticationError,
    DeltaExpiredError,
    PermissionDeniedError,
    RejectedError,
    SchemaChangedError,
)
from leadsync.http.ledger import MemoryLedger
from leadsync.model import Json, RowWrite
from support.sandbox import RunningSandbox, dynamics_sandbox
from support.web_api import ManualClock

__all__ = ["dynamics_sandbox"]

SELECT = ["subject", "lastname", "emailaddress1", "modifiedon", "_ownerid_value"]


def connection_to(running: RunningSandbox, secret: str | None = None) -> DynamicsConnection:
    return DynamicsConnection(
        running.url,
        running.client_id,
        secret or running.client_secret,
        running.tenant_id,
        authority=running.url,
        max_concurrency=2,
    )


class Organisation:
    """A running sandbox with a client to it and a ledger of the client's calls."""

    def __init__(self, running: RunningSandbox) -> None:
        self.control = running.control
        self.clock = ManualClock()
        self.clock.moment = datetime.now(UTC)
        self.ledger = MemoryLedger(self.clock)
        self.client: DynamicsClient = open_client(connection_to(running), self.ledger, self.clock)

    def calls(self) -> int:
        return self.ledger.calls().get("dynamics", 0)

    def create(self, table: str = "lead", **body: object) -> str:
        row_id = str(uuid4())
        (result,) = self.client.write_rows([RowWrite("create", table, row_id, dict(body))])
        assert result.status == "written", result
        return row_id

    def row(self, row_id: str, table: str = "lead", *columns: str) -> Json:
        (row,) = self.client.rows_by_id(table, [row_id], columns or ["createdon"])
        return row


@pytest.fixture
def organisation(dynamics_sandbox: RunningSandbox) -> Organisation:
    return Organisation(dynamics_sandbox)


def test_we_are_somebody(organisation: Organisation) -> None:
    identity = organisation.client.whoami()

    assert len(identity.user_id) == len(identity.organization_id) == 36
    assert organisation.client.version().startswith("9.")
    assert organisation.client.read_problem("lead") is None


def test_a_wrong_secret_is_told(dynamics_sandbox: RunningSandbox) -> None:
    clock = SystemClock()
    client = open_client(connection_to(dynamics_sandbox, "wrong"), MemoryLedger(clock), clock)

    with pytest.raises(AuthenticationError, match="AADSTS7000215"):
        client.whoami()


def test_an_expired_token_is_renewed(organisation: Organisation) -> None:
    organisation.client.whoami()
    organisation.control.faults("expire_tokens", match={"path": "WhoAmI"})

    assert organisation.client.whoami().user_id


def test_rows_are_found_by_id_and_by_e_mail(organisation: Organisation) -> None:
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


def test_many_ids_travel_in_one_batch(organisation: Organisation) -> None:
    rows = [{"leadid": str(uuid4()), "lastname": str(number)} for number in range(1200)]
    organisation.control.load(lead=rows)

    found = organisation.client.rows_by_id("lead", [row["leadid"] for row in rows], ["lastname"])

    assert {row["lastname"] for row in found} == {str(number) for number in range(1200)}
    assert organisation.calls() == 1


def test_rows_of_a_window_are_found(organisation: Organisation) -> None:
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


def test_the_delta_brings_changes_and_deletions_once(organisation: Organisation) -> None:
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


def test_a_first_load_of_many_pages_is_complete(organisation: Organisation) -> None:
    rows = [{"leadid": str(uuid4()), "lastname": str(number)} for number in range(10_200)]
    organisation.control.load(lead=rows)

    read = organisation.client.delta("lead", ["lastname"], None)

    assert {row["leadid"] for row in rows} <= {row["leadid"] for row in read.rows}
    assert len(read.rows) == len({row["leadid"] for row in read.rows})
    assert organisation.calls() == 3


def test_an_old_link_expires(organisation: Organisation) -> None:
    link = organisation.client.delta("lead", SELECT, None).delta_link
    organisation.control.advance(8 * 86_400)
    organisation.clock.sleep(8 * 86_400)

    with pytest.raises(DeltaExpiredError, match="0x80044352"):
        organisation.client.delta("lead", SELECT, link)


def test_a_column_that_never_was_is_named(organisation: Organisation) -> None:
    with pytest.raises(SchemaChangedError, match="new_nothing"):
        organisation.client.delta("lead", ["subject", "new_nothing"], None)


def test_each_row_of_a_batch_has_its_own_outcome(organisation: Organisation) -> None:
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


def test_a_full_batch_takes_one_call(organisation: Organisation) -> None:
    writes = [RowWrite("create", "contact", str(uuid4()), {"lastname": "x"}) for _ in range(1000)]
    before = organisation.calls()

    results = organisation.client.write_rows(writes)

    assert {result.status for result in results} == {"written"}
    assert all(result.etag for result in results)
    assert organisation.calls() == before + 1


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_a_broken_connection_neither_loses_nor_doubles_rows(
    organisation: Organisation, fault: str
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


def test_a_truncated_batch_answer_is_settled(organisation: Organisation) -> None:
    ids = [str(uuid4()) for _ in range(20)]
    params = {"keep": 0.5, "complete": True}
    organisation.client.whoami()
    organisation.control.faults("truncate", match={"path": r"\$batch"}, params=params)

    results = organisation.client.write_rows(
        [RowWrite("create", "lead", row_id, {"lastname": "x"}) for row_id in ids]
    )

    assert {result.status for result in results} == {"written"}
    assert len(organisation.client.rows_by_id("lead", ids, ["leadid"])) == 20


def test_throttling_is_waited_for(organisation: Organisation) -> None:
    params = {"status": 429, "code": "0x80072322", "headers": {"Retry-After": "30"}}
    organisation.control.faults("error", match={"path": "leads"}, params=params)

    assert organisation.client.rows_by_id("lead", [str(uuid4())], ["leadid"]) == []
    assert 30 <= organisation.clock.sleeps[0] < 32


def test_metadata_says_what_the_server_enforces(organisation: Organisation) -> None:
    before = organisation.calls()
    table = organisation.client.table("lead")
    kinds = "String Memo Integer Decimal Double Money DateTime Lookup Picklist State Status"
    assert organisation.calls() == before + 3 + len(kinds.split())

    columns = table.columns
    assert (table.entity_set, table.primary_id) == ("leads", "leadid")
    assert table.change_tracking
    assert columns["mobilephone"].max_length == 20
    assert columns["emailaddress1"].format == "Email"
    assert columns["lastname"].required == "ApplicationRequired"
    assert (columns["revenue"].type, columns["revenue"].minimum) == ("Money", 0)
    assert columns["numberofemployees"].maximum == 1_000_000
    assert columns["estimatedclosedate"].date_behavior == "DateOnly"
    assert {option.value: option.label for option in columns["leadsourcecode"].options}[8] == "Web"
    assert [option.state for option in columns["statuscode"].options[:3]] == [0, 0, 1]
    assert len(columns["statecode"].options) == 3
    assert set(columns["ownerid"].targets) == {"systemuser", "team"}
    assert set(columns["customerid"].targets) == {"account", "contact"}
    assert columns["modifiedon"].computed
    assert not columns["fullname"].for_update
    assert "leadsourcecodename" not in columns
    assert "owneridname" not in columns


def test_navigation_properties_are_listed(organisation: Organisation) -> None:
    navigation = organisation.client.navigation("contact")

    assert navigation["parentcustomerid", "account"] == "parentcustomerid_account"


def test_a_table_that_is_not_there_is_named(organisation: Organisation) -> None:
    with pytest.raises(SchemaChangedError, match="no table new_event"):
        organisation.client.table("new_event")


class IndexingClock(ManualClock):
    """A clock during whose waits the server finishes its key indexes."""

    def __init__(self, organisation: Organisation) -> None:
        super().__init__()
        self.moment = organisation.clock.moment
        self._control = organisation.control

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._control.edit("activate_keys")


def test_provisioning_waits_for_the_index_of_the_key(
    dynamics_sandbox: RunningSandbox, organisation: Organisation
) -> None:
    organisation.control.settings(key_index_pending=True)
    clock = IndexingClock(organisation)
    client = open_client(connection_to(dynamics_sandbox), MemoryLedger(clock), clock)

    assert "new_marketoid_key" in client.provision("contact").created

    assert clock.sleeps == [10.0]
    assert client.table("contact").keys == ("new_marketoid_key",)


def test_an_index_that_never_gets_ready_is_reported(organisation: Organisation) -> None:
    organisation.control.settings(key_index_pending=True)

    with pytest.raises(RejectedError, match="new_marketoid_key is Pending"):
        organisation.client.provision("contact")


def test_provisioning_without_privilege_says_what_to_do(organisation: Organisation) -> None:
    refusal = {
        "status": 403,
        "code": "0x80040220",
        "message": "Principal user is missing prvCreateAttribute privilege",
    }
    organisation.control.faults(
        "error", match={"path": "Attributes$", "method": "POST"}, params=refusal
    )

    done = organisation.client.provision("lead")

    assert done.created == ()
    assert any("new_marketoid (whole number" in step for step in done.instructions)
    assert any("alternate key new_marketoid_key" in step for step in done.instructions)
    assert any("prvCreateAttribute" in step for step in done.instructions)


def test_a_column_of_another_type_is_left_alone(organisation: Organisation) -> None:
    organisation.control.edit("add_column", table="lead", column="new_marketoid", type="String")

    with pytest.raises(RejectedError, match="has type String, not Integer"):
        organisation.client.provision("lead")


def test_provisioning_makes_what_is_missing_once(organisation: Organisation) -> None:
    assert "new_marketoid" not in organisation.client.table("lead").columns

    done = organisation.client.provision("lead", sync_flag=True)
    again = organisation.client.provision("lead", sync_flag=True)

    assert done.created == ("new_marketoid", "new_synctomkto", "new_marketoid_key")
    assert any("forms" in step for step in done.instructions)
    assert (again.created, again.instructions) == ((), ())
    table = organisation.client.table("lead")
    assert (table.columns["new_marketoid"].type, table.columns["new_synctomkto"].type) == (
        "Integer",
        "Boolean",
    )
    assert table.keys == ("new_marketoid_key",)
    made = organisation.create(lastname="x", new_marketoid=5)
    row = organisation.row(made, "lead", "new_marketoid", "new_synctomkto")
    assert (row["new_marketoid"], row["new_synctomkto"]) == (5, True)
    second = RowWrite("create", "lead", str(uuid4()), {"lastname": "y", "new_marketoid": 5})
    assert organisation.client.write_rows([second])[0].status == "exists"


def test_upsert_finds_the_row_by_its_key(organisation: Organisation) -> None:
    organisation.client.provision("contact")

    first, created = organisation.client.upsert("contact", {"new_marketoid": 7}, {"lastname": "a"})
    second, updated = organisation.client.upsert("contact", {"new_marketoid": 7}, {"lastname": "b"})

    assert first == second is not None
    assert (created.status, updated.status) == ("written", "written")
    assert created.etag != updated.etag


def test_bulk_actions_write_and_find_the_guilty_row(organisation: Organisation) -> None:
    writes = [RowWrite("create", "lead", str(uuid4()), {"lastname": "x"}) for _ in range(50)]
    writes[17] = RowWrite("create", "lead", str(uuid4()), {"mobilephone": "1" * 21})

    results = organisation.client.write_multiple(writes)

    assert [index for index, one in enumerate(results) if one.status == "rejected"] == [17]
    updates = [
        RowWrite("update", "lead", one.row_id, {"address1_city": "Lund"}) for one in writes[:10]
    ]
    assert {one.status for one in organisation.client.write_multiple(updates)} == {"written"}
    assert organisation.row(writes[3].row_id, "lead", "address1_city")["address1_city"] == "Lund"


def test_a_lost_bulk_answer_makes_no_doubles(organisation: Organisation) -> None:
    writes = [RowWrite("create", "lead", str(uuid4()), {"lastname": "x"}) for _ in range(5)]
    organisation.control.faults("drop_after", match={"path": "CreateMultiple"})

    results = organisation.client.write_multiple(writes)

    assert {one.status for one in results} == {"written"}


def test_a_lead_is_qualified_once(organisation: Organisation) -> None:
    lead = organisation.create(lastname="x", firstname="y")

    (made,) = organisation.client.qualify_lead(lead, account=False, contact=True)

    contact = organisation.row(made["contactid"], "contact", "_originatingleadid_value")
    assert contact["_originatingleadid_value"] == lead
    with pytest.raises(RejectedError):
        organisation.client.qualify_lead(lead, account=False, contact=True)


def test_a_missing_read_privilege_is_named(organisation: Organisation) -> None:
    organisation.control.settings(missing_privileges=["prvReadLead:organization"])

    problem = organisation.client.read_problem("lead")

    assert isinstance(problem, PermissionDeniedError)
    assert "prvReadLead" in problem.remedy


def test_links_stay_within_the_organisation(organisation: Organisation) -> None:
    link = organisation.client.delta("contact", ["lastname"], None).delta_link

    assert urlsplit(link).hostname == urlsplit(organisation.client.connection.org_url).hostname
