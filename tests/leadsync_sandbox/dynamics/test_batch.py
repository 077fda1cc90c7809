"""``$batch`` (reference/dataverse-webapi.md 11)."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from support.organisation import API, Organisation, Reply

GO_ON = {"Prefer": "odata.continue-on-error"}


def operation(
    method: str, url: str, body: Any = None, *, content_id: int | None = None, **headers: str
) -> str:
    part = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    part += [f"Content-ID: {content_id}"] if content_id else []
    lines = [f"{method} {url} HTTP/1.1", "Content-Type: application/json; type=entry"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    text = "" if body is None else json.dumps(body)
    return "\r\n".join([*part, "", *lines, "", text, ""])


def change_set(*parts: str) -> str:
    inner = "".join(f"--changeset_1\r\n{part}" for part in parts)
    return f"Content-Type: multipart/mixed; boundary=changeset_1\r\n\r\n{inner}--changeset_1--\r\n"


def send(org: Organisation, *parts: str, headers: dict[str, str] | None = None) -> Reply:
    body = "".join(f"--batch_1\r\n{part}" for part in parts) + "--batch_1--\r\n"
    content_type = {"Content-Type": 'multipart/mixed; boundary="batch_1"'}
    return org.call("POST", "$batch", body.encode(), {**content_type, **(headers or {})})


def statuses(reply: Reply) -> list[int]:
    return [int(part[:3]) for part in reply.text.split("\r\nHTTP/1.1 ")[1:]]


def test_parts_are_answered_in_order(org: Organisation) -> None:
    row_id = str(uuid.uuid4())
    reply = send(
        org,
        operation("POST", "/api/data/v9.2/leads", {"leadid": row_id, "lastname": "A"}),
        operation("PATCH", f"{API}leads({row_id})", {"lastname": "B"}, If_Match="*"),
        operation("GET", f"leads({row_id})?$select=lastname"),
    )

    assert (reply.status, statuses(reply)) == (200, [204, 204, 200])
    assert reply.headers["Content-Type"].startswith("multipart/mixed; boundary=batchresponse_")
    assert '"lastname":"B"' in reply.text


def test_the_first_failure_ends_a_batch_with_its_status(org: Organisation) -> None:
    reply = send(
        org,
        operation("POST", "leads", {"lastname": "kept"}),
        operation("POST", "leads", {"mobilephone": "1" * 21}),
        operation("POST", "leads", {"lastname": "never"}),
    )

    assert (reply.status, statuses(reply)) == (400, [204, 400])
    assert "0x80044331" in reply.text
    assert [row["lastname"] for row in org.get("leads").json["value"]] == ["kept"]


def test_continue_on_error_answers_every_part(org: Organisation) -> None:
    lead = org.create("leads", lastname="A")
    reply = send(
        org,
        operation("PATCH", f"leads({lead})", {"lastname": "B"}, If_Match='W/"1"'),
        operation("PATCH", f"leads({uuid.uuid4()})", {"lastname": "B"}, If_Match="*"),
        operation("POST", "leads", {"lastname": "C"}),
        headers=GO_ON,
    )

    assert (reply.status, statuses(reply)) == (200, [412, 404, 204])


def test_a_change_set_is_one_transaction_with_references(org: Organisation) -> None:
    contact = org.create("contacts", lastname="A")
    reply = send(
        org,
        change_set(
            operation("POST", "accounts", {"name": "Fabrikam"}, content_id=1),
            operation(
                "PATCH",
                f"contacts({contact})",
                {"parentcustomerid_account@odata.bind": "$1"},
                content_id=2,
            ),
            operation("PATCH", "$1", {"telephone1": "5"}, content_id=3),
        ),
    )

    assert (reply.status, statuses(reply)) == (200, [204, 204, 204])
    account = org.row("contacts", contact)["_parentcustomerid_value"]
    assert org.row("accounts", account)["telephone1"] == "5"
    assert "Content-ID: 2" in reply.text


def test_a_failing_change_set_leaves_nothing_and_answers_once(org: Organisation) -> None:
    reply = send(
        org,
        change_set(
            operation("POST", "leads", {"lastname": "A"}, content_id=1),
            operation("POST", "leads", {"nosuch": "A"}, content_id=2),
        ),
        operation("POST", "leads", {"lastname": "B"}),
        headers=GO_ON,
    )

    assert (reply.status, statuses(reply)) == (200, [400, 204])
    assert "Content-ID: 2" in reply.text
    assert [row["lastname"] for row in org.get("leads").json["value"]] == ["B"]


def test_undeclared_references_and_reads_in_change_sets(org: Organisation) -> None:
    undeclared = send(org, change_set(operation("PATCH", "$1", {"name": "x"}, content_id=2)))
    reading = send(org, change_set(operation("GET", "leads", content_id=1)))

    assert undeclared.status == 400
    assert "Content-ID Reference: '$1' does not exist in the batch context." in undeclared.text
    assert reading.status == 400


def test_a_thousand_operations_are_the_limit(org: Organisation) -> None:
    part = operation("GET", "leads?$top=1")

    assert send(org, *[part] * 1000).status == 200
    refused = send(org, *[part] * 1001)
    assert (refused.status, refused.headers["Content-Type"].partition(";")[0]) == (
        400,
        "application/json",
    )


def test_batches_do_not_nest(org: Organisation) -> None:
    assert send(org, operation("POST", "$batch", {})).status == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--batch_1\r\n",
        b"--batch_1\nContent-Type: application/http\n\nGET leads HTTP/1.1\n\n--batch_1--\n",
        b"--batch_1\r\nContent-Type: text/plain\r\n\r\nGET leads HTTP/1.1\r\n\r\n--batch_1--\r\n",
        b"--batch_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
        b"\r\nGET leads\r\n\r\n--batch_1--\r\n",
    ],
)
def test_malformed_batches_are_refused_as_a_whole(org: Organisation, body: bytes) -> None:
    content_type = {"Content-Type": "multipart/mixed; boundary=batch_1"}

    reply = org.call("POST", "$batch", body, content_type)

    assert (reply.status, reply.code) == (400, "0x80048d19")
