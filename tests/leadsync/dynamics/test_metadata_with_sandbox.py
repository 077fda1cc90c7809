"""The client against the Dynamics sandbox: metadata and provisioning."""

from __future__ import annotations

from uuid import uuid4

import pytest

from leadsync.dynamics.client import open_client
from leadsync.errors import RejectedError, SchemaChangedError
from leadsync.http.ledger import MemoryLedger
from leadsync.model import RowWrite
from support.connected import ConnectedOrganisation, connection_to
from support.sandbox import RunningSandbox
from support.web_api import ManualClock


@pytest.fixture
def organisation(dynamics_sandbox: RunningSandbox) -> ConnectedOrganisation:
    return ConnectedOrganisation(dynamics_sandbox)


def test_metadata_says_what_the_server_enforces(organisation: ConnectedOrganisation) -> None:
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


def test_navigation_properties_are_listed(organisation: ConnectedOrganisation) -> None:
    navigation = organisation.client.navigation("contact")

    assert navigation["parentcustomerid", "account"] == "parentcustomerid_account"


def test_a_table_that_is_not_there_is_named(organisation: ConnectedOrganisation) -> None:
    with pytest.raises(SchemaChangedError, match="no table new_event"):
        organisation.client.table("new_event")


class IndexingClock(ManualClock):
    """A clock during whose waits the server finishes its key indexes."""

    def __init__(self, organisation: ConnectedOrganisation) -> None:
        super().__init__()
        self.moment = organisation.clock.moment
        self._control = organisation.control

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._control.edit("activate_keys")


def test_provisioning_waits_for_the_index_of_the_key(
    dynamics_sandbox: RunningSandbox, organisation: ConnectedOrganisation
) -> None:
    organisation.control.settings(key_index_pending=True)
    clock = IndexingClock(organisation)
    client = open_client(connection_to(dynamics_sandbox), MemoryLedger(clock), clock)

    assert "new_marketoid_key" in client.provision("contact").created

    assert clock.sleeps == [10.0]
    assert client.table("contact").keys == ("new_marketoid_key",)


def test_an_index_that_never_gets_ready_is_reported(organisation: ConnectedOrganisation) -> None:
    organisation.control.settings(key_index_pending=True)

    with pytest.raises(RejectedError, match="new_marketoid_key is Pending"):
        organisation.client.provision("contact")


def test_provisioning_without_privilege_says_what_to_do(
    organisation: ConnectedOrganisation,
) -> None:
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


def test_a_column_of_another_type_is_left_alone(organisation: ConnectedOrganisation) -> None:
    organisation.control.edit("add_column", table="lead", column="new_marketoid", type="String")

    with pytest.raises(RejectedError, match="has type String, not Integer"):
        organisation.client.provision("lead")


def test_provisioning_makes_what_is_missing_once(organisation: ConnectedOrganisation) -> None:
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
