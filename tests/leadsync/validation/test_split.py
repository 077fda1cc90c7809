"""Policies: what holds a record, what holds a field, what is mended (S028, S056 to S059, S112)."""

from __future__ import annotations

import copy

from hypothesis import given, settings
from hypothesis import strategies as st

from leadsync.mapping.model import Mapping
from leadsync.mapping.resolve import resolve
from leadsync.validation.generate import rules_for
from leadsync.validation.model import Operation, RuleSet, Split
from leadsync.validation.plain import check_plain
from leadsync.validation.split import split
from leadsync.values.marks import ABSENT, invalid
from support.reference_schemas import SCHEMAS
from support.wide_plan import CELLS, MARKS, cells_of, wide_plan

PLAN = wide_plan()


def rule_set(operation: Operation = "update") -> RuleSet:
    return rules_for(PLAN, "lead", "dynamics", operation)


def result_of(*rows: dict[str, str | None], operation: Operation = "update") -> Split:
    return split(cells_of(list(rows)), rule_set(operation), check_plain)


def accepted(rows: list[dict[str, str | None]], result: Split) -> list[dict[str, str | None]]:
    """The rows to write, with their new cells."""
    kept = ((p, row) for p, row in enumerate(rows) if p not in result.held)
    return [{**row, **result.mended.get(position, {})} for position, row in kept]


def test_s112_one_bad_record_holds_itself_only() -> None:
    rows: list[dict[str, str | None]] = [{"lastName": "Berg"} for _ in range(300)]
    rows[7] = {"lastName": "y" * 60, "email": "foo@@bar"}
    result = result_of(*rows)
    assert result.held == {7}
    assert [failure.position for failure in result.held_records] == [7, 7]


def test_s057_truncate_writes_the_shorter_text_and_warns() -> None:
    result = result_of({"firstName": "x" * 60})
    assert result.mended == {0: {"firstName": "x" * 50}}
    assert [warning.message for warning in result.warnings] == ["too long: firstname 60/50"]
    assert not result.held_records
    compare = PLAN.tables["lead"].fields[0].comparable
    assert compare("x" * 60) == compare("x" * 50)


def test_s057_truncate_keeps_whole_characters_within_the_columns_utf16_units() -> None:
    result = result_of({"firstName": "x" + "\N{ROCKET}" * 30})
    assert result.mended == {0: {"firstName": "x" + "\N{ROCKET}" * 24}}
    assert [warning.message for warning in result.warnings] == ["too long: firstname 61/50"]


def test_s059_an_unknown_option_holds_its_field_only() -> None:
    result = result_of({"leadSource": invalid("Webinar 2025"), "firstName": "Ann"})
    assert not result.held
    assert result.mended == {0: {"leadSource": ABSENT}}
    assert [failure.rule.rule_id for failure in result.held_fields] == ["option"]


def test_s029_a_missing_last_name_holds_the_new_record() -> None:
    result = result_of({"firstName": "Ann", "company": "Contoso"}, operation="create")
    assert result.held == {0}
    assert result.held_records[0].rule.target == "lastname"


def test_s028_a_default_fills_a_gap_on_create_and_nothing_else() -> None:
    created = result_of(
        {"lastName": "Berg"},
        {"lastName": "Berg", "company": None},
        {"lastName": "Berg", "company": "Contoso"},
        operation="create",
    )
    assert created.mended == {0: {"company": "[unknown]"}, 1: {"company": "[unknown]"}}
    assert len(created.warnings) == 2
    updated = result_of({"lastName": "Berg"}, {"company": None})
    assert updated == Split()


def test_what_only_warns_is_written_as_it_is() -> None:
    entry = {"marketo": "email", "lead": "emailaddress1", "on_invalid": {"format": "warn"}}
    plan = resolve(Mapping.model_validate({"fields": [entry]}), SCHEMAS)
    rules = rules_for(plan, "lead", "dynamics", "update")
    result = split({"email": ["foo@@bar", "x" * 101]}, rules, check_plain)
    assert [(one.position, one.rule.rule_id) for one in result.warnings] == [(0, "format")]
    assert not result.mended
    assert result.held == {1}


def test_a_held_record_shows_its_other_failures_too() -> None:
    result = result_of({"lastName": "y" * 60, "firstName": "x" * 60, "phone": "n/a"})
    assert {failure.rule.target for failure in result.held_records} == {
        "lastname",
        "firstname",
        "telephone1",
    }
    assert not result.warnings
    assert not result.held_fields


def test_the_input_is_left_alone() -> None:
    cells = cells_of([{"firstName": "x" * 60}, {"lastName": "y" * 60}, {"firstName": "Ann"}])
    before = copy.deepcopy(cells)
    result = split(cells, rule_set(), check_plain)
    assert cells == before
    assert result.held == {1}


def test_no_rows_have_no_failures() -> None:
    assert result_of() == Split()


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
    assert check_plain(cells_of(accepted(rows, result)), rule_set(operation)) == []
    assert not result.held.intersection(result.mended)
