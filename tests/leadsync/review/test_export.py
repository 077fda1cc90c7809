"""Files of quarantined rows: complete, safe to open, and only for who made them."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.errors import ConfigurationError
from leadsync.review.export import COLUMNS, safe_cell, write_export
from support.state_rows import NOON, failure, quarantined

ODD = '=HYPERLINK("x"),\'\n\r\u2028\x00\ud800é;'


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_csv_has_a_line_per_reason(tmp_path: Path) -> None:
    path = tmp_path / "held.csv"
    items = [quarantined(1, failures=[failure(), failure(field="a")]), quarantined(2)]
    assert write_export(path, items) == 3
    lines = read_csv(path)
    assert [line["field"] for line in lines] == ["email", "a", "email"]
    assert tuple(lines[0]) == COLUMNS
    assert lines[0]["first_seen"] == NOON.isoformat()
    assert lines[0]["limit"] == ""


def test_f16_odd_characters_break_nothing_and_no_formula_runs(tmp_path: Path) -> None:
    path = tmp_path / "held.csv"
    write_export(path, [quarantined(1, failures=[failure(value=ODD, message="-1+1")])])
    (line,) = read_csv(path)
    assert line["value"] == "'=HYPERLINK(\"x\"),'\n\r\\u2028\\u0000\\ud800é;"
    assert line["message"] == "'-1+1"


@given(st.text() | st.none() | st.integers())
def test_no_cell_begins_a_formula(value: object) -> None:
    cell = safe_cell(value)
    if isinstance(cell, str):
        assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
        assert not {"\x00", "\u2028", "\u2029", "\x85"} & set(cell)
    else:
        assert cell == value


def test_parquet_keeps_values_and_types(tmp_path: Path) -> None:
    path = tmp_path / "held.parquet"
    write_export(path, [quarantined(1, failures=[failure(value="=1\u2028\x00")])])
    (row,) = pq.read_table(path).to_pylist()
    assert row["value"] == "=1\u2028\x00"
    assert (row["marketo_id"], row["person_exists"], row["first_seen"]) == (1, True, NOON)


@pytest.mark.parametrize("name", ["held.csv", "held.parquet"])
def test_a_file_of_nothing_has_its_columns(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert write_export(path, []) == 0
    names = pq.read_schema(path).names if name.endswith("parquet") else path.read_text("utf-8-sig")
    assert all(column in names for column in COLUMNS)


def test_only_who_made_it_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "held.csv"
    path.write_text("an older file")
    path.chmod(0o644)
    write_export(path, [quarantined(1)])
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["held.csv"]


@pytest.mark.parametrize("name", ["held.xlsx", "held", "missing/held.csv"])
def test_a_file_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError):
        write_export(tmp_path / name, [quarantined(1)])
    assert list(tmp_path.iterdir()) == []
