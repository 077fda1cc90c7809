"""Reading persons (reference/marketo-rest.md 7.2)."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug import Response

from leadsync.errors import RejectedError
from leadsync.marketo.client import MarketoClient
from support.marketo_stub import refusal, sandbox_client
from support.sandbox import RunningSandbox


def person(number: int, **values: object) -> dict[str, Any]:
    return {"id": number, **values}


def values_asked(scripted: Any) -> list[list[str]]:
    return [
        (form.get("filterValues") or request.args["filterValues"]).split(",")
        for request, form in zip(scripted.marketo.asked, scripted.marketo.forms, strict=True)
    ]


def test_values_go_in_batches_of_300_each_once(scripted: Any) -> None:
    scripted.marketo.will_answer({"result": [person(1)]}, {"result": [person(1), person(601)]})
    values = [str(number) for number in range(1, 601)]
    found = scripted.client.persons("id", [*values, "1", ""], ["email"])
    assert [len(batch) for batch in values_asked(scripted)] == [300, 300]
    assert found == [person(1), person(601)]


def test_no_values_cost_no_call(scripted: Any) -> None:
    assert scripted.client.persons("id", [], ["email"]) == []
    assert scripted.marketo.asked == []


def test_id_is_always_asked_for(scripted: Any) -> None:
    scripted.marketo.will_answer({"result": []})
    scripted.client.persons("email", ["a@x.com"], ["email", "title", "email"])
    assert scripted.marketo.asked[0].args["fields"] == "id,email,title"


def test_a_short_query_is_a_get_and_a_long_one_a_form(scripted: Any) -> None:
    scripted.marketo.will_answer({"result": []}, {"result": []})
    guids = [f"5f0c0000-0000-4000-8000-{number:012d}" for number in range(300)]
    scripted.client.persons("leadsyncDynamicsId", guids[:10], ["email"])
    scripted.client.persons("leadsyncDynamicsId", guids, ["email"])
    short, long = scripted.marketo.asked
    assert (short.method, long.method, long.query_string) == ("GET", "POST", b"")
    assert len(short.full_path) < 8192
    assert long.content_type == "application/x-www-form-urlencoded"
    assert scripted.marketo.forms[1]["_method"] == "GET"
    assert scripted.marketo.forms[1]["filterValues"].count(",") == 299


def test_a_query_is_encoded_so_that_nobody_can_misread_it(scripted: Any) -> None:
    scripted.marketo.will_answer({"result": []})
    value = "Å+b & c=d/é@x.com"
    scripted.client.persons("nickname", [value], ["email"])
    assert scripted.marketo.asked[0].args["filterValues"] == value
    assert not set(b"+ /") & set(scripted.marketo.asked[0].query_string)


def test_pages_are_followed_with_identical_parameters(scripted: Any) -> None:
    scripted.marketo.will_answer(
        {"result": [person(1)], "nextPageToken": "AB+C===="}, {"result": [person(2)]}
    )
    assert scripted.client.persons("email", ["a@x.com"], []) == [person(1), person(2)]
    first, second = (request.args.to_dict() for request in scripted.marketo.asked)
    assert second == {**first, "nextPageToken": "AB+C===="}


@pytest.mark.parametrize(
    "last", [{"result": [], "nextPageToken": "T"}, {"result": [person(2)], "moreResult": False}]
)
def test_pages_end_with_an_empty_one_or_when_told(scripted: Any, last: dict[str, Any]) -> None:
    scripted.marketo.will_answer({"result": [person(1)], "nextPageToken": "T"}, last)
    scripted.client.persons("email", ["a@x.com"], [])
    assert len(scripted.marketo.asked) == 2


@pytest.mark.parametrize("code", ["1003", "604"])
def test_a_batch_that_is_too_much_is_halved(scripted: Any, code: str) -> None:
    failures: list[Response] = [refusal(code)] * (1 if code == "1003" else 3)
    scripted.marketo.will_answer(*failures, {"result": [person(1)]}, {"result": [person(2)]})
    found = scripted.client.persons("email", ["a", "b", "c"], [])
    assert values_asked(scripted)[-2:] == [["a"], ["b", "c"]]
    assert found == [person(1), person(2)]


def test_a_single_value_with_too_many_matches_is_an_error(scripted: Any) -> None:
    scripted.marketo.will_answer(refusal("1003", "Too many results match the filter"))
    with pytest.raises(RejectedError, match="Too many results"):
        scripted.client.persons("company", ["a"], [])


def test_a_value_with_a_comma_is_asked_alone_and_its_parts_do_not_count(scripted: Any) -> None:
    scripted.marketo.will_answer(
        {"result": [person(1)]},
        {"result": [person(2, city="Paris"), person(3, city="paris, france")]},
    )
    assert scripted.client.persons("city", ["Rome", "Paris, France"], []) == [person(1), person(3)]
    assert values_asked(scripted) == [["Rome"], ["Paris", " France"]]
    assert scripted.marketo.asked[1].args["fields"] == "id,city"


def test_results_are_in_the_order_of_the_batches(marketo_sandbox: RunningSandbox) -> None:
    marketo_sandbox.control.load(
        leads=[{"email": f"p{number}@x.com", "title": "CTO"} for number in range(900)]
    )
    client = sandbox_client(marketo_sandbox)
    wanted = [f"P{number}@X.com" for number in range(900)] + ["nobody@x.com"]
    found = client.persons("email", wanted, ["email", "title"])
    assert len(found) == 900
    assert {row["title"] for row in found} == {"CTO"}
    assert [row["id"] for row in found] == [
        row["id"] for row in client.persons("email", wanted, [])
    ]
    assert marketo_sandbox.control.stats()["calls"]["read"] == 8


def test_more_than_a_thousand_matches_are_found_by_splitting(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox
) -> None:
    twins = [{"email": f"p{number % 3}@x.com"} for number in range(1200)]
    marketo_sandbox.control.load(leads=twins)
    found = sandboxed.persons("email", ["p0@x.com", "p1@x.com", "p2@x.com"], [])
    assert len({row["id"] for row in found}) == 1200
