"""Writing rows in batches: one result for each row, whatever happens on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug import Request, Response

from leadsync.errors import RejectedError, TransientApiError
from leadsync.model import RowWrite
from support.web_api import (
    MULTIPART,
    ScriptedOrganisation,
    batch_body,
    batch_response,
    error_part,
    error_response,
    guid,
    json_response,
    part,
)


def update(number: int, **body: Any) -> RowWrite:
    return RowWrite("update", "lead", guid(number), body or {"city": "x"}, f'W/"{number}"')


def create(number: int, **body: Any) -> RowWrite:
    return RowWrite("create", "contact", guid(number), body or {"lastname": "x"})


def written(number: int, status: int = 200) -> bytes:
    return part(status, {"@odata.etag": f'W/"{number}0"'})


def statuses(organisation: ScriptedOrganisation, *writes: RowWrite) -> list[str]:
    return [result.status for result in organisation.client.write_rows(writes)]


def sent_lines(request: Request) -> list[str]:
    found = re.findall(rb"\r\n((?:GET|POST|PATCH) \S+) HTTP", request.get_data())
    return [line.decode() for line in found]


def test_updates_and_creates_go_out_in_one_batch(organisation: ScriptedOrganisation) -> None:
    organisation.answer(batch_response([written(1), written(2, 201)]))

    results = organisation.client.write_rows([update(1, city="Malmö"), create(2)])

    assert [(one.status, one.etag) for one in results] == [
        ("written", 'W/"10"'),
        ("written", 'W/"20"'),
    ]
    (request,) = organisation.requests
    assert request.headers["Prefer"] == "odata.continue-on-error"
    blocks = request.get_data().decode("ascii").split("\r\n--batch_")
    assert blocks[0].split("\r\n")[4:] == [
        f"PATCH /api/data/v9.2/leads({guid(1)})?$select=leadid HTTP/1.1",
        "Content-Type: application/json; type=entry",
        "Accept: application/json",
        "Prefer: return=representation",
        'If-Match: W/"1"',
        "",
        '{"city":"Malm\\u00f6"}',
    ]
    lines = blocks[1].split("\r\n")
    assert "POST /api/data/v9.2/contacts?$select=contactid,createdon HTTP/1.1" in lines
    assert not any(line.startswith("If-Match") for line in lines)
    assert json.loads(lines[-1]) == {"lastname": "x", "contactid": guid(2)}


def test_an_update_without_etag_never_creates(organisation: ScriptedOrganisation) -> None:
    organisation.answer(batch_response([written(1)]))

    organisation.client.write_rows([RowWrite("update", "lead", guid(1), {"city": "x"})])

    assert b"\r\nIf-Match: *\r\n" in organisation.requests[0].get_data()


def test_nothing_to_write_takes_no_call(organisation: ScriptedOrganisation) -> None:
    assert organisation.client.write_rows([]) == []
    assert organisation.requests == []


def test_too_many_rows_are_refused(organisation: ScriptedOrganisation) -> None:
    with pytest.raises(ValueError, match="1000"):
        organisation.client.write_rows([update(1)] * 1001)


def test_one_bad_row_blocks_only_itself(organisation: ScriptedOrganisation) -> None:
    organisation.answer(
        batch_response(
            [
                written(1),
                error_part(400, "0x80044331"),
                error_part(412, "0x80060882"),
                error_part(404, "0x80040217", f"lead With Id = {guid(4)} Does Not Exist"),
            ]
        )
    )

    assert statuses(organisation, *map(update, (1, 2, 3, 4))) == [
        "written",
        "rejected",
        "conflict",
        "missing",
    ]


@pytest.mark.parametrize(
    "fault",
    [
        error_part(429, "0x80072322", "Slow down", "Retry-After: 7"),
        error_part(503, ""),
        error_part(500, "0x80044150"),
        error_part(400, "0x80048d19", "Stream was not readable"),
    ],
)
def test_rows_that_fail_for_a_time_go_into_a_smaller_batch(
    organisation: ScriptedOrganisation, fault: bytes
) -> None:
    organisation.answer(
        batch_response([written(1), fault, written(3), fault]),
        batch_response([written(2), written(4)]),
    )

    results = organisation.client.write_rows([update(1), update(2), update(3), update(4)])

    assert [one.etag for one in results] == ['W/"10"', 'W/"20"', 'W/"30"', 'W/"40"']
    assert [len(sent_lines(request)) for request in organisation.requests] == [4, 2]
    assert organisation.clock.sleeps[0] >= (7 if b" 429 " in fault else 0.5)


def test_a_row_that_never_comes_through_is_left_to_the_next_cycle(
    organisation: ScriptedOrganisation,
) -> None:
    organisation.answer(
        batch_response([written(1), error_part(503, "")]), batch_response([error_part(503, "")])
    )

    first, second = organisation.client.write_rows([update(1), update(2)])

    assert first.status == "written"
    assert second.status == "conflict"
    assert second.error is not None
    assert second.error.code == "503"


def test_a_server_that_stops_at_the_first_error_is_asked_for_the_rest(
    organisation: ScriptedOrganisation,
) -> None:
    organisation.answer(
        batch_response([written(1), error_part(400, "0x80044331")], status=400),
        batch_response([written(3), written(4)]),
    )

    assert statuses(organisation, *map(update, (1, 2, 3, 4))) == [
        "written",
        "rejected",
        "written",
        "written",
    ]
    assert organisation.clock.sleeps == []


def lost(request: Request) -> Response:
    """Answer like a gateway that has given up on the server behind it."""
    return Response(status=504)


def test_a_lost_answer_is_replayed(organisation: ScriptedOrganisation) -> None:
    organisation.answer(
        lost,
        batch_response(
            [
                error_part(412, "0x80060882"),
                error_part(412, "0x80040237"),
                error_part(412, "0x80060892"),
            ]
        ),
        json_response({"value": [{"contactid": guid(2), "@odata.etag": 'W/"77"'}]}),
    )

    results = organisation.client.write_rows([update(1), create(2), create(3)])

    assert [(one.status, one.etag) for one in results] == [
        ("conflict", None),
        ("written", 'W/"77"'),
        ("exists", None),
    ]


def test_a_taken_id_is_not_ours_without_a_lost_answer(organisation: ScriptedOrganisation) -> None:
    organisation.answer(
        error_response(429, "0x80072322", Retry_After="1"),
        batch_response([error_part(412, "0x80040237")]),
    )

    assert statuses(organisation, create(2)) == ["exists"]
    assert len(organisation.requests) == 2


def test_a_part_of_unknown_outcome_is_looked_up_too(organisation: ScriptedOrganisation) -> None:
    organisation.answer(
        batch_response([error_part(500, "0x80044151")]),
        batch_response([error_part(412, "0x80040237")]),
        json_response({"value": [{"contactid": guid(2), "@odata.etag": 'W/"77"'}]}),
    )

    assert statuses(organisation, create(2)) == ["written"]


def test_a_cut_answer_is_completed(organisation: ScriptedOrganisation) -> None:
    whole = batch_body([written(1), written(2)])
    organisation.answer(Response(whole[:-40], content_type=MULTIPART), batch_response([written(2)]))

    assert statuses(organisation, update(1), update(2)) == ["written", "written"]
    assert sent_lines(organisation.requests[1]) == [
        f"PATCH /api/data/v9.2/leads({guid(2)})?$select=leadid"
    ]


def test_an_answer_without_parts_is_repeated_then_reported(
    organisation: ScriptedOrganisation,
) -> None:
    organisation.answer(Response("<html>welcome</html>", content_type="text/html"))

    with pytest.raises(TransientApiError, match="no part"):
        organisation.client.write_rows([update(1)])

    assert len(organisation.requests) == 5


def limited(size: int) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        lines = sent_lines(request)
        if len(lines) > size:
            return error_response(413, "0x8004418a", "Too large")
        return batch_response([written(1) for _ in lines])

    return answer


def test_a_batch_that_is_too_large_is_split(organisation: ScriptedOrganisation) -> None:
    organisation.answer(limited(3))

    assert statuses(organisation, *map(update, range(8))) == ["written"] * 8
    assert [len(sent_lines(request)) for request in organisation.requests] == [8, 4, 2, 2, 4, 2, 2]


def test_a_batch_refused_as_a_whole_is_an_error(organisation: ScriptedOrganisation) -> None:
    organisation.answer(error_response(400, "0x80048d19", "Bad multipart"))

    with pytest.raises(RejectedError, match=r"POST \$batch .0x80048d19.: Bad multipart"):
        organisation.client.write_rows([update(1), update(2)])
