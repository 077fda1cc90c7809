"""Quota, rate, concurrency and sizes (reference/marketo-rest.md 4.5, 5; 21 items 3, 17, 18)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from support.marketo_rest import Rest

PARTITIONS = "/rest/v1/leads/partitions.json"


def test_more_than_100_calls_in_20_seconds_are_refused_with_http_200(rest: Rest) -> None:
    rest.control.set_time("2026-01-31T10:00:00Z", frozen=True)
    rest.authenticate()
    answers = [rest.get(PARTITIONS) for _ in range(101)]
    assert all(answer["success"] for answer in answers[:100])
    assert answers[100]["errors"] == [
        {"code": "606", "message": "Max rate limit '100' exceeded with in '20' secs"}
    ]
    rest.control.advance(20)
    assert rest.get(PARTITIONS)["success"] is True


def test_the_11th_concurrent_call_is_refused(rest: Rest) -> None:
    rest.control.faults("slow", times=None, params={"seconds": 0.5})
    with ThreadPoolExecutor(11) as pool:
        answers = list(pool.map(lambda _: rest.get(PARTITIONS), range(11)))
    refused = [answer for answer in answers if not answer["success"]]
    assert [rest.code(answer) for answer in refused] == ["615"]


def test_the_daily_quota_ends_at_midnight_us_central(rest: Rest) -> None:
    rest.control.settings(daily_quota=2, rate_limit=0)
    rest.control.set_time("2026-07-01T20:00:00Z", frozen=True)
    rest.authenticate()
    answers = [rest.get(PARTITIONS) for _ in range(3)]
    assert [answer["success"] for answer in answers] == [True, True, False]
    assert rest.code(answers[2]) == "607"
    rest.control.set_time("2026-07-02T04:59:59Z", frozen=True)
    rest.authenticate()
    assert rest.code(rest.get(PARTITIONS)) == "607"
    rest.control.advance(1)
    assert rest.get(PARTITIONS)["success"] is True


def test_quota_comes_before_rate_and_token_before_both(rest: Rest) -> None:
    rest.control.settings(daily_quota=1, rate_limit=1)
    rest.get(PARTITIONS)
    assert rest.code(rest.get(PARTITIONS)) == "607"
    rest.session.headers["Authorization"] = "Bearer wrong"
    assert rest.code(rest.get(PARTITIONS)) == "601"


def test_unknown_path_and_wrong_method_come_before_the_token(rest: Rest) -> None:
    rest.session.headers.clear()
    assert rest.code(rest.get("/rest/v1/nothing.json")) == "610"
    assert rest.code(rest.post(PARTITIONS.replace("partitions", "describe"))) == "605"


def test_a_long_uri_is_414_and_the_same_by_post_is_answered(rest: Rest) -> None:
    values = ",".join(f"{number:030d}@example.com" for number in range(300))
    query = {"filterType": "email", "filterValues": values}
    long = rest.raw("GET", "/rest/v1/leads.json", params=query)
    assert long.status_code == 414
    posted = rest.raw("POST", "/rest/v1/leads.json", data={**query, "_method": "GET"})
    assert posted.json()["result"] == []
    in_query = rest.raw("POST", "/rest/v1/leads.json?_method=GET", data=query)
    assert in_query.json()["result"] == []


def test_a_body_above_1_mb_is_413(rest: Rest) -> None:
    record = {"email": "a@example.com", "mktoPersonNotes": "x" * 1_048_576}
    answer = rest.raw("POST", "/rest/v1/leads.json", json={"input": [record]})
    assert answer.status_code == 413


def test_usage_counts_by_user_and_errors_by_code(rest: Rest) -> None:
    rest.get(PARTITIONS)
    rest.get("/rest/v1/leads.json")
    (today,) = rest.get("/rest/v1/stats/usage.json")["result"]
    assert today["users"] == [{"userId": "leadsync@sandbox.example", "count": 2}]
    (errors,) = rest.get("/rest/v1/stats/errors.json")["result"]
    assert (errors["total"], errors["errors"]) == (1, [{"errorCode": "1002", "count": 1}])
    assert len(rest.get("/rest/v1/stats/usage/last7days.json")["result"]) == 7
    assert len(rest.get("/rest/v1/stats/errors/last7days.json")["result"]) == 7


@pytest.mark.parametrize(("counted", "expected"), [(True, 3), (False, 2)])
def test_rejected_calls_use_the_quota_by_switch(rest: Rest, counted: bool, expected: int) -> None:
    rest.control.settings(rejected_calls_count=counted, rate_limit=1)
    rest.get(PARTITIONS)
    rest.get(PARTITIONS)
    rest.control.settings(rate_limit=0)
    rest.get(PARTITIONS)
    assert rest.get("/rest/v1/stats/usage.json")["result"][0]["total"] == expected
