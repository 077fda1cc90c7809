"""Policies: what holds a record, what holds a field, what is mended (S028, S056 to S059, S112)."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from leadsync.validation.generate import rules_for
from leadsync.validation.model import Operation, RuleSet, Split
from leadsync.validation.plain import check_plain
from leadsync.validation.split import split
from leadsync.values.marks import ABSENT, invalid
from support.wide_plan import CELLS, MARKS, frame_of, wide_plan

PLAN = wide_plan()


def rule_set(operation: Operation = "update") -> RuleSet:
    return rules_for(PLAN, "lead", "dynamics", operation)


def result_of(*rows: dict[str, str | None], operation: Operation = "update") -> Split:
    return split(frame_of(list(rows)), rule_set(operation), check_plain)


def test_s112_one_bad_record_holds_itself_only() -> None:
    rows: list[dict[str, str | None]] = [{"lastName": "Berg"} for _ in range(300)]
    rows[7] = {"lastName": "y" * 60, "email": "foo@@bar"}
    result = result_of(*rows)
    assert len(result.accepted) == 299
    assert 7 not in result.accepted.index
    assert [failure.position for failure in result.held_records] == [7, 7]


def test_s057_truncate_writes_the_shorter_text_and_warns() -> None:
    result = result_of({"firstName": "x" * 60})
    assert result.accepted["firstName"].tolist() == ["x" * 50]
    assert [warning.message for warning in result.warnings] == ["too long: firstname 60/50"]
    assert not result.held_records
    compare = PLAN.tables["lead"].fields[0].comparable
    assert compare("x" * 60) == compare(result.accepted["firstName"].iloc[0])


def test_s057_truncate_keeps_whole_characters_within_the_columns_utf16_units() -> None:
    result = result_of({"firstName": "x" + "\N{ROCKET}" * 30})
    assert result.accepted["firstName"].tolist() == ["x" + "\N{ROCKET}" * 24]
    assert [warning.message for warning in result.warnings] == ["too long: firstname 61/50"]


def test_s059_an_unknown_option_holds_its_field_only() -> None:
    result = result_of({"leadSource": invalid("Webinar 2025"), "firstName": "Ann"})
    assert result.accepted[["leadSource", "firstName"]].to_numpy().tolist() == [[ABSENT, "Ann"]]
    assert [failure.rule.rule_id for failure in result.held_fields] == ["option"]


def test_s029_a_missing_last_name_holds_the_new_record() -> None:
    result = result_of({"firstName": "Ann", "company": "Contoso"}, operation="create")
    assert result.accepted.empty
    assert result.held_records[0].rule.target == "lastname"


def test_s028_a_default_fills_a_gap_on_create_and_nothing_else() -> None:
    created = result_of(
        {"lastName": "Berg"},
        {"lastName": "Berg", "company": None},
        {"lastName": "Berg", "company": "Contoso"},
        operation="create",
    )
    assert created.accepted["company"].tolist() == ["[unknown]", "[unknown]", "Contoso"]
    assert len(created.warnings) == 2
    updated = result_of({"lastName": "Berg"}, {"company": None})
    assert updated.accepted["company"].iloc[0] == ABSENT
    assert pd.isna(updated.accepted["company"].iloc[1])


def test_a_held_record_shows_its_other_failures_too() -> None:
    result = result_of({"lastName": "y" * 60, "firstName": "x" * 60, "phone": "n/a"})
    assert {failure.rule.target for failure in result.held_records} == {
        "lastname",
        "firstname",
        "telephone1",
    }
    assert not result.warnings
    assert not result.held_fields


def test_the_input_is_left_alone_and_its_index_kept() -> None:
    frame = frame_of([{"firstName": "x" * 60}, {"lastName": "y" * 60}, {"firstName": "Ann"}])
    frame.index = pd.Index(["c", "a", "b"])
    before = frame.copy()
    result = split(frame, rule_set(), check_plain)
    pd.testing.assert_frame_equal(frame, before)
    assert result.accepted.index.tolist() == ["c", "b"]
    assert result.accepted.columns.tolist() == frame.columns.tolist()
    assert result.accepted.dtypes.equals(frame.dtypes)


def test_an_empty_frame_comes_back() -> None:
    result = result_of()
    assert result.accepted.empty
    assert not (result.held_records or result.held_fields or result.warnings)


@settings(max_examples=50)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {name: st.sampled_from([*cells, *MARKS]) for name, cells in CELLS.items()}
        ),
        max_size=4,
    ),
    operation=st.sampled_from(["create", "update"]),
)
def test_what_is_accepted_breaks_no_rule(
    rows: list[dict[str, str | None]], operation: Operation
) -> None:
    result = result_of(*rows, operation=operation)
    assert check_plain(result.accepted, rule_set(operation)) == []
    held = {failure.position for failure in result.held_records}
    assert len(result.accepted) == len(rows) - len(held)
