"""The multipart codec: what it writes to the letter, what it reads with tolerance."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.dynamics.batch import Operation, PartAnswer, boundary_of, decode, encode
from support.web_api import MULTIPART, batch_body, error_part, part

texts = st.text(st.characters(exclude_categories=["Cs"]))


def test_a_batch_is_written_to_the_letter() -> None:
    operations = [
        Operation(
            "PATCH",
            "/api/data/v9.2/contacts(70bf4d48-34cb-ed11-b596-0022481d68cd)",
            {"Content-Type": "application/json; type=entry", "If-Match": 'W/"80648695"'},
            b'{"jobtitle":"CTO"}',
        ),
        Operation("GET", "/api/data/v9.2/contacts?$select=fullname"),
    ]

    content_type, body = encode(operations, new_id=lambda: "80dd1615")

    assert content_type == 'multipart/mixed; boundary="batch_80dd1615"'
    assert body.decode().split("\r\n") == [
        "--batch_80dd1615",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "",
        "PATCH /api/data/v9.2/contacts(70bf4d48-34cb-ed11-b596-0022481d68cd) HTTP/1.1",
        "Content-Type: application/json; type=entry",
        'If-Match: W/"80648695"',
        "",
        '{"jobtitle":"CTO"}',
        "--batch_80dd1615",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "",
        "GET /api/data/v9.2/contacts?$select=fullname HTTP/1.1",
        "",
        "",
        "--batch_80dd1615--",
        "",
    ]


@given(st.lists(texts, min_size=1, max_size=5))
def test_written_bodies_are_read_back_by_an_independent_parser(bodies: list[str]) -> None:
    written = [body.replace("\r", "").replace("\n", "").encode() for body in bodies]
    content_type, body = encode([Operation("POST", "/leads", {}, one) for one in written])

    message = message_from_bytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=policy.HTTP
    )

    inner = [one.get_payload(decode=True) for one in message.iter_parts()]
    assert inner == [b"POST /leads HTTP/1.1\r\n\r\n" + one for one in written]


@given(st.lists(st.tuples(st.integers(200, 599), texts), max_size=6), texts.filter(str.strip))
def test_answers_survive_any_text(answers: list[tuple[int, str]], value: str) -> None:
    parts = [part(status, {"value": text, value: text}) for status, text in answers]

    read = decode(MULTIPART, batch_body(parts))

    assert read.complete
    assert [(one.status, one.json()) for one in read.parts] == [
        (status, {"value": text, value: text}) for status, text in answers
    ]


def test_a_boundary_that_a_body_holds_is_not_used() -> None:
    ids = iter(["taken", "free"])

    content_type, _ = encode([Operation("POST", "/leads", {}, b"batch_taken")], lambda: next(ids))

    assert boundary_of(content_type) == "batch_free"


@pytest.mark.parametrize("count", [0, 1001])
def test_the_number_of_operations_is_limited(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 1000"):
        encode([Operation("GET", "/leads")] * count)


def test_change_sets_are_flattened() -> None:
    change_set = (
        b"Content-Type: multipart/mixed; boundary=changesetresponse_1\r\n\r\n"
        + batch_body([part(204, None, "Content-ID: 1"), part(204)], "changesetresponse_1").rstrip()
    )

    read = decode(MULTIPART, batch_body([error_part(400, "0x80044331"), change_set, part(200, {})]))

    assert [one.status for one in read.parts] == [400, 204, 204, 200]
    assert read.complete


def test_bare_answers_and_bare_line_ends_are_read() -> None:
    bare = b'HTTP/1.1 404 Not Found\nContent-Type: application/json\n\n{"error":{}}'

    read = decode(MULTIPART, batch_body([bare, part(200, {"a": 1})]).replace(b"\r\n", b"\n"))

    assert read.parts == (
        PartAnswer(404, {"content-type": "application/json"}, b'{"error":{}}'),
        PartAnswer(200, {"content-type": "application/json; odata.metadata=minimal"}, b'{"a": 1}'),
    )


def test_a_preamble_and_a_quoted_boundary_are_read() -> None:
    body = b"ignored preamble\r\n" + batch_body([part(204)]) + b"epilogue"

    assert len(decode('Multipart/Mixed; Boundary="batchresponse_1"', body).parts) == 1


def test_a_cut_answer_keeps_whole_parts_only() -> None:
    body = batch_body([part(204), part(200, {"subject": "x" * 50})])

    read = decode(MULTIPART, body[:-60])

    assert [one.status for one in read.parts] == [204]
    assert not read.complete


def test_missing_parts_of_a_stopped_batch_are_simply_missing() -> None:
    read = decode(MULTIPART, batch_body([part(204), error_part(400, "0x80044331")]))

    assert len(read.parts) == 2
    assert read.complete


def test_a_content_type_without_boundary_is_refused() -> None:
    with pytest.raises(ValueError, match="No multipart boundary"):
        decode("application/json", b"{}")
