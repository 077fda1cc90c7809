"""Microsoft's ``PowerPlatform-Dataverse-Client`` works against the stand-in unchanged, over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.errors import HttpError
from PowerPlatform.Dataverse.models.record import Record
from PowerPlatform.Dataverse.models.upsert import UpsertItem

from leadsync_sandbox.common.tls import loopback_certificate
from support.sandbox import RunningSandbox, serve_dynamics


@dataclass(frozen=True)
class ClientSecret:
    """Asks the stand-in's authority for a token, as ``azure-identity`` asks the real one."""

    running: RunningSandbox
    bundle: str

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.running.client_id,
            "client_secret": self.running.client_secret,
            "scope": scopes[0],
        }
        url = f"{self.running.url}/{self.running.tenant_id}/oauth2/v2.0/token"
        reply = requests.post(url, data=form, verify=self.bundle, timeout=10)
        return AccessToken(reply.json()["access_token"], 2**31)


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataverseClient]:
    """The published client, connected."""
    certificate = loopback_certificate(tmp_path)
    bundle = str(certificate.certificate)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    with serve_dynamics(tmp_path, certificate) as running:
        yield DataverseClient(running.url, ClientSecret(running, bundle))


def retrieved(client: DataverseClient, table: str, row_id: str, *select: str) -> Record:
    row = client.records.retrieve(table, row_id, select=list(select))
    assert row is not None
    return row


def test_records_are_created_read_changed_and_deleted(client: DataverseClient) -> None:
    row_id = client.records.create("lead", {"lastname": "Öberg", "leadsourcecode": "Web"})

    row = retrieved(client, "lead", row_id, "fullname", "leadsourcecode")
    client.records.update("lead", row_id, {"jobtitle": "CTO"})
    changed = retrieved(client, "lead", row_id, "jobtitle")
    client.records.delete("lead", row_id)

    assert (row["fullname"], row["leadsourcecode"]) == ("Öberg", 8)
    assert changed["jobtitle"] == "CTO"
    assert client.records.retrieve("lead", row_id) is None


def test_many_records_in_one_call(client: DataverseClient) -> None:
    ids = client.records.create("contact", [{"lastname": f"N{n}"} for n in range(5)])
    client.records.update("contact", ids, {"department": "R&D"})

    found = client.records.list(
        "contact", filter="department eq 'R&D'", select=["lastname"], orderby=["lastname"]
    )

    assert [row["lastname"] for row in found] == ["N0", "N1", "N2", "N3", "N4"]


def test_many_records_are_deleted(client: DataverseClient) -> None:
    ids = client.records.create("lead", [{"subject": "a"}, {"subject": "b"}, {"subject": "c"}])

    job = client.records.delete("lead", ids[:2])

    assert job
    assert [row["leadid"] for row in client.records.list("lead", select=["subject"])] == ids[2:]


def test_upserts_by_alternate_key(client: DataverseClient) -> None:
    client.tables.add_columns("lead", {"new_MarketoId": "int"})
    client.tables.create_alternate_key("lead", "new_MarketoId_Key", ["new_marketoid"])
    items: list[UpsertItem | dict[str, Any]] = [
        {"alternate_key": {"new_marketoid": n}, "record": {"lastname": f"N{n}"}} for n in (7, 8)
    ]

    client.records.upsert("lead", items[:1])
    client.records.upsert("lead", items)

    found = client.records.list("lead", select=["lastname"], orderby=["lastname"])
    assert [row["lastname"] for row in found] == ["N7", "N8"]


def test_columns_are_read_and_changed(client: DataverseClient) -> None:
    client.tables.add_columns("lead", {"new_Code": "string"})
    client.tables.update_column("lead", "new_Code", {"max_length": 7})

    column = client.tables.get_column("lead", "new_code", typed=True)

    assert column is not None and column["MaxLength"] == 7
    assert len(client.tables.list_columns("lead")) > 149


def test_pages_are_followed(client: DataverseClient) -> None:
    client.records.create("lead", [{"subject": f"{n:02}"} for n in range(7)])

    pages = list(client.records.list_pages("lead", select=["subject"], page_size=3))

    assert sum(len(list(page)) for page in pages) == 7
    assert len(pages) == 3


def test_columns_and_keys_are_made(client: DataverseClient) -> None:
    client.tables.add_columns("lead", {"new_MarketoId": "int"})
    client.tables.create_alternate_key("lead", "new_MarketoId_Key", ["new_marketoid"])

    [key] = client.tables.get_alternate_keys("lead")
    row_id = client.records.create("lead", {"new_marketoid": 7})

    assert key.key_attributes == ["new_marketoid"]
    assert retrieved(client, "lead", row_id, "new_marketoid")["new_marketoid"] == 7


def test_a_batch_with_a_change_set(client: DataverseClient) -> None:
    batch = client.batch.new()
    with batch.changeset() as changes:
        account = changes.records.create("account", {"name": "Fabrikam"})
        changes.records.create(
            "contact", {"lastname": "A", "parentcustomerid_account@odata.bind": account}
        )
    result = batch.execute()

    assert not result.has_errors
    [contact] = client.records.list(
        "contact", filter="parentcustomerid_account/name eq 'Fabrikam'", select=["lastname"]
    )
    assert contact["lastname"] == "A"


def test_errors_carry_the_service_code(client: DataverseClient) -> None:
    with pytest.raises(HttpError) as caught:
        client.records.create("lead", {"mobilephone": "1" * 21})

    assert caught.value.details["service_error_code"] == "0x80044331"
