"""Both checks find the same cells; messages name field, value and limit."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadsync.errors import LeadsyncError
from leadsync.model import System
from leadsync.validation.documents import expectation_document
from leadsync.validation.generate import rules_for
from leadsync.validation.gx import check_gx
from leadsync.validation.library import check_frame, open_batches
from leadsync.validation.model import Cells, Failure, Operation, RuleSet
from leadsync.validation.plain import check_plain
from leadsync.values.marks import ABSENT, invalid
from support.wide_plan import CELLS, MARKS, cells_of, wide_plan

PLAN = wide_plan()
Check = Callable[[Cells, RuleSet], list[Failure]]
AROUND_THE_PLANES = st.sampled_from("aå\N{ROCKET}\N{MUSICAL SYMBOL G CLEF}")
ROWS = st.fixed_dictionaries(
    {name: st.sampled_from([*cells, *MARKS]) for name, cells in CELLS.items()}
)
OLD = "too small: new_started 1000-01-01T00:00:00Z < 1753-01-01"
BOTH = pytest.mark.parametrize("check", [check_plain, check_gx])


def rule_set(target: System = "dynamics", operation: Operation = "update") -> RuleSet:
    return rules_for(PLAN, "lead", target, operation)


@pytest.mark.parametrize("target", ["dynamics", "marketo"])
@pytest.mark.parametrize("operation", ["create", "update"])
def test_both_checks_agree_on_many_rows(target: System, operation: Operation) -> None:
    generator = random.Random(f"{target} {operation}")
    rows = [
        {name: generator.choice([*cells, *MARKS]) for name, cells in CELLS.items()}
        for _ in range(400)
    ]
    rules = rule_set(target, operation)
    found = check_gx(cells_of(rows), rules)
    assert found == check_plain(cells_of(rows), rules)
    breakable = {rule.rule_id for rule in rules.rules}
    assert {failure.rule.rule_id for failure in found} == breakable


@settings(max_examples=6, deadline=None)
@given(
    rows=st.lists(ROWS, min_size=1, max_size=5),
    target=st.sampled_from(["dynamics", "marketo"]),
    operation=st.sampled_from(["create", "update"]),
)
def test_both_checks_agree_row_by_row(
    rows: list[dict[str, str | None]], target: System, operation: Operation
) -> None:
    cells, rules = cells_of(rows), rule_set(target, operation)
    assert check_gx(cells, rules) == check_plain(cells, rules)


@BOTH
@pytest.mark.parametrize(
    ("field", "cell", "message"),
    [
        ("firstName", "x" * 60, "too long: firstname 60/50"),
        ("email", "foo@@bar", 'invalid format: emailaddress1 is no e-mail address: "foo@@bar"'),
        ("leadSource", invalid("Webinar 2025"), 'unknown option "Webinar 2025" for leadsourcecode'),
        ("employees", invalid("many"), 'wrong type: numberofemployees is no whole number: "many"'),
        ("annualRevenue", "-5", "too small: revenue -5 < 0"),
        ("employees", "1000001", "too large: numberofemployees 1000001 > 1000000"),
        ("lastName", None, "missing: lastname is required"),
        (
            "started",
            "1000-01-01T00:00:00Z",
            "too small: new_started 1000-01-01T00:00:00Z < 1753-01-01",
        ),
    ],
)
def test_messages(check: Check, field: str, cell: str | None, message: str) -> None:
    (found,) = check(cells_of([{"city": "ok"}, {field: cell}]), rule_set())
    assert (found.position, found.message) == (1, message)
    assert found.value == (cell.removeprefix("\0!") if cell else None)


@BOTH
def test_a_byte_limit_counts_bytes(check: Check) -> None:
    (found,) = check(cells_of([{"mktoPersonNotes": "å" * 15_001}]), rule_set("marketo"))
    assert found.message == "too long: mktoPersonNotes 30002/30000 bytes"


@BOTH
def test_dynamics_counts_utf16_units(check: Check) -> None:
    names = ["\N{ROCKET}" * 25, "\N{ROCKET}" * 25 + "x", "\N{ROCKET}" * 30, "å" * 50]
    found = check(cells_of([{"firstName": name} for name in names]), rule_set())
    assert [(one.position, one.message) for one in found] == [
        (1, "too long: firstname 51/50"),
        (2, "too long: firstname 60/50"),
    ]


@BOTH
def test_marketo_counts_characters(check: Check) -> None:
    cells = ["\N{ROCKET}" * 255, "\N{ROCKET}" * 256]
    (found,) = check(cells_of([{"firstName": cell} for cell in cells]), rule_set("marketo"))
    assert (found.position, found.message) == (1, "too long: firstName 256/255")


@BOTH
@settings(max_examples=15, deadline=None)
@given(names=st.lists(st.text(AROUND_THE_PLANES, min_size=20, max_size=55), min_size=1))
def test_a_name_is_too_long_by_its_utf16_units(check: Check, names: list[str]) -> None:
    found = check(cells_of([{"firstName": name} for name in names]), rule_set())
    too_long = [row for row, name in enumerate(names) if len(name.encode("utf-16-le")) > 100]
    assert [one.position for one in found] == too_long


@BOTH
def test_an_update_is_not_asked_for_what_it_does_not_write(check: Check) -> None:
    assert check(cells_of([{"firstName": "Ann"}]), rule_set()) == []
    created = check(cells_of([{"firstName": "Ann"}]), rule_set(operation="create"))
    assert [failure.rule.target for failure in created] == ["lastname", "companyname"]


@BOTH
def test_null_is_no_value_to_judge(check: Check) -> None:
    nulls = dict.fromkeys(CELLS) | {"lastName": ABSENT}
    assert check(cells_of([nulls]), rule_set()) == []


@BOTH
def test_failures_come_by_row(check: Check) -> None:
    cells = cells_of([{"lastName": None}, {"lastName": "y" * 51}])
    assert [(f.position, f.rule.rule_id) for f in check(cells, rule_set())] == [
        (0, "required"),
        (1, "max_length"),
    ]


@BOTH
def test_a_missing_field_is_an_error_and_no_silence(check: Check) -> None:
    cells = {name: column for name, column in cells_of([{}]).items() if name != "email"}
    with pytest.raises(LeadsyncError, match="no cells for the fields email"):
        check(cells, rule_set())


def test_a_broken_expectation_is_an_error() -> None:
    documents = [expectation_document("suite", rule) for rule in rule_set().rules[:1]]
    frame = pd.DataFrame({"other": [1.0]})
    with pytest.raises(LeadsyncError, match=r"could not check the rule .*does not exist"):
        list(check_frame(open_batches(), frame, "suite", documents))


def test_no_rows_do_not_import_great_expectations(tmp_path: Path) -> None:
    script = (
        "import sys; sys.path[:0] = sys.argv[1:];"
        "from support.wide_plan import cells_of, wide_plan;"
        "from leadsync.validation.generate import rules_for;"
        "from leadsync.validation.split import split;"
        "split(cells_of([]), rules_for(wide_plan(), 'lead', 'dynamics', 'create'));"
        "sys.exit('great_expectations' in sys.modules)"
    )
    root = Path(__file__).parents[3]
    paths = [str(root / "include"), str(root / "tests")]
    done = subprocess.run([sys.executable, "-c", script, *paths], check=False, cwd=tmp_path)
    assert done.returncode == 0
