"""Activity feeds (reference/marketo-rest.md 8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadsync.errors import RejectedError, TransientApiError
from leadsync.marketo.activities import activity_of, merged_person_ids
from leadsync.marketo.client import MarketoClient
from leadsync.marketo.feeds import MOST_EMPTY_PAGES, MOST_STUCK_PAGES
from leadsync.model import FieldChange
from support.marketo_stub import START
from support.sandbox import RunningSandbox

AT = "2026-01-31T10:00:00Z"


def change(guid: str, at: str = AT, **facts: Any) -> dict[str, Any]:
    row = {"marketoGUID": guid, "leadId": 7, "activityDate": at, "activityTypeId": 13}
    return {**row, "fields": [{"id": 48, "name": "title", "newValue": "CTO"}], **facts}


def page(token: str, *rows: dict[str, Any], more: bool = True) -> dict[str, Any]:
    return {"nextPageToken": token, "moreResult": more, "result": list(rows)}


def guids(read: Any) -> list[str]:
    return [activity.guid for activity in read.activities]


def test_a_token_starts_before_the_second_it_names(scripted: Any) -> None:
    scripted.marketo.will_answer({"nextPageToken": "AB===="})
    assert scripted.client.paging_token(START + timedelta(milliseconds=500)) == "AB===="
    assert scripted.marketo.asked[0].args["sinceDatetime"] == "2026-01-31T11:59:59Z"


def test_an_answer_without_token_is_no_token(scripted: Any) -> None:
    scripted.marketo.will_answer({})
    with pytest.raises(TransientApiError, match="no paging token"):
        scripted.client.paging_token(START)


def test_empty_pages_do_not_end_a_feed_and_the_last_token_goes_on(scripted: Any) -> None:
    scripted.marketo.will_answer(
        page("B=="),
        {"nextPageToken": "C==", "moreResult": True},
        page("D==", change("1"), change("2")),
        page("E==", change("2"), change("3"), more=False),
    )
    read = scripted.client.lead_changes("A==", ["title"])
    assert guids(read) == ["1", "2", "3"]
    assert read.next_token == "E=="
    assert [request.args["nextPageToken"] for request in scripted.marketo.asked] == [
        "A==",
        "B==",
        "C==",
        "D==",
    ]


def test_a_missing_more_result_ends_a_feed(scripted: Any) -> None:
    scripted.marketo.will_answer({"result": [change("1")], "nextPageToken": "B"})
    assert scripted.client.lead_changes("A", ["title"]).next_token == "B"


def test_a_feed_without_end_is_left_at_its_last_token(
    scripted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    pages = [page(f"T{number}") for number in range(MOST_EMPTY_PAGES)]
    scripted.clock.moment += timedelta(seconds=1)
    scripted.marketo.will_answer(*pages)
    assert scripted.client.deleted_leads("A").next_token == f"T{MOST_EMPTY_PAGES - 1}"
    assert "only empty pages" in caplog.text


def test_a_token_that_does_not_move_is_left_sooner(scripted: Any) -> None:
    scripted.marketo.will_answer(*[page("A")] * MOST_STUCK_PAGES)
    assert scripted.client.deleted_leads("A").next_token == "A"


def test_a_bounded_read_stops_after_its_end(scripted: Any) -> None:
    inside, outside = "2026-01-31T10:00:00Z", "2026-01-31T11:00:00Z"
    scripted.marketo.will_answer(
        page("B", change("1", inside), change("2", outside)), page("C", change("3", outside))
    )
    until = datetime(2026, 1, 31, 11, tzinfo=UTC)
    assert guids(scripted.client.lead_changes("A", ["title"], until=until)) == ["1", "2", "3"]
    assert len(scripted.marketo.asked) == 2


def test_a_read_of_some_pages_says_whether_there_was_more(scripted: Any) -> None:
    scripted.marketo.will_answer(page("B", change("1")), page("C"), page("D", more=False))
    first = scripted.client.lead_changes("A", ["title"], pages=2)
    assert (guids(first), first.next_token, first.pages) == (["1"], "C", 2)
    assert not first.complete
    rest = scripted.client.deleted_leads("C", pages=2)
    assert (rest.next_token, rest.pages, rest.complete) == ("D", 1, True)


def test_many_fields_go_as_a_form(scripted: Any) -> None:
    scripted.marketo.will_answer(page("B", more=False))
    names = [f"aCustomFieldWithALongName{number}" for number in range(400)]
    scripted.client.lead_changes("A==", names)
    assert scripted.marketo.asked[0].method == "POST"
    assert scripted.marketo.forms[0]["fields"].split(",") == names
    assert scripted.marketo.forms[0]["nextPageToken"] == "A=="


@pytest.mark.parametrize("types", [[], list(range(1, 12)), [12, 37]])
def test_impossible_types_are_refused(scripted: Any, types: list[int]) -> None:
    with pytest.raises(ValueError, match="activity types"):
        scripted.client.activities("A", types)


@pytest.mark.parametrize("damage", [{"activityDate": "soon"}, {"leadId": None}])
def test_an_unreadable_activity_is_named(scripted: Any, damage: dict[str, Any]) -> None:
    scripted.marketo.will_answer(page("B", change("g-7", **damage), more=False))
    with pytest.raises(RejectedError, match="record g-7"):
        scripted.client.lead_changes("A", ["title"])


def test_changes_need_a_field(scripted: Any) -> None:
    with pytest.raises(ValueError, match="at least one field"):
        scripted.client.lead_changes("A", [])


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T10:00:00Z",
        "2026-01-31T10:00:00+0000",
        "2026-01-31T10:00:00+00:00",
        "2026-01-31T02:00:00-08:00",
        "2026-01-31T10:00:00Z+0000",
    ],
)
def test_all_forms_of_a_date_are_one_instant(text: str) -> None:
    assert activity_of(change("1", text)).at == datetime(2026, 1, 31, 10, tzinfo=UTC)


def test_values_of_changes_are_text_or_nothing() -> None:
    fields = [
        {"name": "a", "oldValue": None, "newValue": ""},
        {"name": "b", "newValue": 12},
        {"name": "c", "oldValue": True, "newValue": False},
        {"id": 9, "newValue": "nameless"},
    ]
    assert activity_of(change("1", fields=fields)).changes == (
        FieldChange("a", None, ""),
        FieldChange("b", None, "12"),
        FieldChange("c", "true", "false"),
    )


def test_the_key_is_the_guid_else_the_id_else_what_identifies_the_row() -> None:
    nameless = change("x")
    del nameless["marketoGUID"]
    assert activity_of({**nameless, "marketoGUID": "g", "id": 5}).guid == "g"
    assert activity_of({**nameless, "id": 2**40}).guid == str(2**40)
    assert activity_of(nameless).guid == f"7-13-{AT}-"


@pytest.mark.parametrize("ids", ["[2,3]", "2, 3", [2, 3]])
@pytest.mark.parametrize("name", ["Merge IDs", "merge ids"])
def test_losers_of_a_merge_are_read_from_text(name: str, ids: Any) -> None:
    row = change("1", activityTypeId=32, fields=None, attributes=[{"name": name, "value": ids}])
    assert merged_person_ids(activity_of(row)) == (2, 3)


def test_an_activity_without_losers_has_none() -> None:
    assert merged_person_ids(activity_of(change("1", attributes=[{"name": "x"}]))) == ()


def test_creations_and_changes_arrive_and_an_equal_write_does_not(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox
) -> None:
    token = sandboxed.paging_token(datetime.now(UTC) - timedelta(minutes=1))
    record = {"email": "a@x.com", "title": "CTO"}
    (made,) = sandboxed.sync_persons("createOrUpdate", "email", [record])
    sandboxed.sync_persons("createOrUpdate", "email", [record])
    sandboxed.sync_persons("createOrUpdate", "email", [{**record, "title": "CIO"}])
    read = sandboxed.lead_changes(token, ["title"])
    assert [activity.type_id for activity in read.activities] == [12, 13]
    assert {activity.person_id for activity in read.activities} == {made.person_id}
    assert read.activities[1].changes == (FieldChange("title", "CTO", "CIO"),)
    assert sandboxed.lead_changes(read.next_token, ["title"]).activities == ()


def test_deletions_and_merges_have_feeds_of_their_own(sandboxed: MarketoClient) -> None:
    token = sandboxed.paging_token(datetime.now(UTC) - timedelta(minutes=1))
    records = [{"email": f"p{number}@x.com"} for number in range(3)]
    made = sandboxed.sync_persons("createOrUpdate", "email", records)
    winner, loser, gone = (result.person_id or 0 for result in made)
    sandboxed.merge_persons(winner, [loser])
    sandboxed.delete_persons([gone])
    (deleted,) = sandboxed.deleted_leads(token).activities
    (merge,) = sandboxed.activities(token, [32]).activities
    assert (deleted.person_id, deleted.type_id) == (gone, 37)
    assert (merge.person_id, merged_person_ids(merge)) == (winner, (loser,))


def test_a_long_feed_is_read_to_its_end(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox
) -> None:
    token = sandboxed.paging_token(datetime.now(UTC) - timedelta(minutes=1))
    marketo_sandbox.control.settings(scan_block=100)
    for start in range(0, 900, 300):
        records = [{"email": f"p{number}@x.com"} for number in range(start, start + 300)]
        sandboxed.sync_persons("createOrUpdate", "email", records)
    read = sandboxed.lead_changes(token, ["title"])
    assert len({activity.person_id for activity in read.activities}) == 900
