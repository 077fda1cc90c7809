"""The team's own expectations: on the row as it will be, only where it is written and known."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.errors import ConfigurationError, LeadsyncError
from leadsync.model import Json, System
from leadsync.state.port import Values
from leadsync.validation.model import Failure, Operation
from leadsync.validation.team import TeamSuite, columns_of, read_suite, rules_of
from leadsync.validation.team_check import TeamBatch, check_team
from leadsync.values.marks import invalid
from support.wide_plan import cells_of, wide_plan

LEAD = wide_plan().tables["lead"]
IN_SET = "expect_column_values_to_be_in_set"
NOT_NULL = "expect_column_values_to_not_be_null"
HAS_EMAIL = {"type": "nullity", "column": {"name": "emailaddress1"}, "is_null": False}


def expectation(kind: str = NOT_NULL, policy: str = "hold_record", **kwargs: Any) -> Json:
    meta = {"rule_id": "ours", "policy": policy}
    return {"type": kind, "kwargs": kwargs, "description": "It must.", "meta": meta}


def suite(*expectations: Json, **scope: Any) -> TeamSuite:
    document = {
        "name": "ours",
        "meta": {"leadsync": {"target": "dynamics", **scope}},
        "expectations": list(expectations),
    }
    read = read_suite(document, "ours.json")
    assert read is not None
    return read


def failures(
    one: TeamSuite,
    *rows: Values,
    operation: Operation = "create",
    target: System = "dynamics",
    standing: tuple[Values, ...] = (),
) -> list[Failure]:
    batch = TeamBatch(LEAD, target, operation, cells_of(list(rows)), lambda: standing)
    return check_team(batch, [one])


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (
            expectation("expect_column_values_to_be_between", column="revenue", min_value=10),
            {"annualRevenue": "12.5"},
            {"annualRevenue": "9"},
        ),
        (
            expectation(IN_SET, column="leadsourcecode", value_set=[8]),
            {"leadSource": "8"},
            {"leadSource": "10"},
        ),
        (
            expectation(
                IN_SET,
                column="leadsourcecode label",
                value_set=["Web"],
            ),
            {"leadSource": "8"},
            {"leadSource": "10"},
        ),
        (
            expectation(IN_SET, column="donotphone", value_set=[False]),
            {"doNotCall": "false"},
            {"doNotCall": "true"},
        ),
        (
            expectation(
                "expect_column_values_to_be_between",
                column="new_started",
                min_value="2020-01-01T00:00:00Z",
            ),
            {"started": "2025-10-26T00:30:00Z"},
            {"started": "2019-12-31T23:59:59Z"},
        ),
        (
            expectation(
                "expect_column_values_to_match_regex", column="telephone1 e164", regex="^\\+46"
            ),
            {"phone": "0046 8 123 456"},
            {"phone": "+47 22 12 34 56"},
        ),
        (
            expectation(
                "expect_column_values_to_not_match_regex",
                column="emailaddress1 address",
                regex="@example\\.com$",
            ),
            {"email": "Ann@Contoso.com"},
            {"email": " ann@EXAMPLE.com"},
        ),
        (
            expectation(column="companyname", row_condition=HAS_EMAIL),
            {"email": "a@b.com", "company": "Contoso"},
            {"email": "a@b.com"},
        ),
        (
            expectation(
                "expect_column_pair_values_to_be_equal",
                column_A="firstname",
                column_B="lastname",
                ignore_row_if="either_value_is_missing",
            ),
            {"firstName": "Ann", "lastName": None},
            {"firstName": "Ann", "lastName": "Berg"},
        ),
    ],
)
def test_expectations_judge_typed_values(rule: Json, good: Values, bad: Values) -> None:
    [found] = failures(suite(rule), good, bad)
    assert (found.position, found.rule.rule_id, found.rule.policy) == (1, "ours", "hold_record")
    assert found.message.startswith("ours: It must. (")


def test_an_update_is_judged_on_the_row_as_it_will_be() -> None:
    one = suite(expectation(column="companyname", row_condition=HAS_EMAIL))
    found = failures(
        one,
        {"email": "a@b.com"},
        {"email": "a@b.com"},
        {"firstName": "Ann"},
        {"email": "a@b.com"},
        operation="update",
        standing=(
            {"company": "Contoso", "email": None},
            {"company": None, "email": None},
            {"company": None, "email": "a@b.com"},
            {},
        ),
    )
    assert [one.position for one in found] == [1]


def test_what_has_no_valid_value_is_left_to_its_own_rule() -> None:
    rule = expectation(column="revenue")
    found = failures(suite(rule), {"annualRevenue": invalid("x")}, {"annualRevenue": None})
    assert [one.position for one in found] == [1]


def test_marketos_names_and_labels_serve_its_suites() -> None:
    rule = expectation(IN_SET, column="leadSource", value_set=["Web"])
    one = suite(rule, target="marketo", tables=["lead"])
    [found] = failures(one, {"leadSource": "8"}, {"leadSource": "10"}, target="marketo")
    assert (found.position, found.rule.target) == (1, "leadSource")


def test_a_failing_expectation_about_the_whole_batch_stops_it() -> None:
    rule = expectation("expect_column_mean_to_be_between", column="revenue", max_value=10)
    with pytest.raises(LeadsyncError, match=r"lead creates .* ours of ours.json as a whole: It"):
        failures(suite(rule), {"annualRevenue": "12"})


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (expectation("expect_nothing", column="revenue"), "refuses expect_nothing .* suite ours"),
        (expectation(column="compnyname"), 'not synchronised .* did you mean "companyname"'),
        (expectation(column="revenue", policy="truncate"), "`policy` 'truncate'"),
        ({**expectation(column="revenue"), "meta": {}}, "no `meta.rule_id`"),
        (expectation("expect_table_row_count_to_equal", value=1), "names no column"),
        (expectation(column="revenue", row_condition="revenue > 1"), "condition in text"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(rule: Json, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        failures(suite(rule), {"annualRevenue": "12"})


@pytest.mark.parametrize("meta", [{}, {"leadsync": {"target": "dynamix"}}])
def test_a_suite_says_where_it_applies(meta: Json) -> None:
    with pytest.raises(ConfigurationError, match=r"ours\.json"):
        read_suite({"name": "ours", "meta": meta, "expectations": []}, "ours.json")


def test_a_suite_that_is_off_is_read_and_not_used() -> None:
    scope = {"target": "dynamics", "enabled": False}
    assert read_suite({"meta": {"leadsync": scope}, "expectations": []}, "ours.json") is None


def test_a_suite_applies_where_it_says() -> None:
    one = suite(expectation(column="revenue"), tables=["lead"], operations=["create"])
    assert failures(one, {"annualRevenue": None}, operation="update", standing=({},)) == []
    assert not one.applies("dynamics", "contact", "create")
    assert not one.applies("marketo", "lead", "create")


def test_rules_on_suspended_fields_wait() -> None:
    one = suite(expectation(column="jobtitle"))
    assert list(rules_of(one, LEAD, frozenset({"jobtitle"}))) == []


def test_all_columns_of_an_expectation_are_known() -> None:
    both = {"type": "and", "conditions": [HAS_EMAIL, {"column": {"name": "b"}, "type": "x"}]}
    one = expectation(column_A="a", column_B="c", column_list=["d"], row_condition=both)
    assert columns_of(one) == ("a", "c", "d", "emailaddress1", "b")
