"""CSV of the bulk APIs (reference/marketo-rest.md 13.3)."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.marketo.bulk_csv import csv_parts, file_rows, text_rows


def test_nulls_line_separators_and_control_characters(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    text = 'id,title,note\n1,null,"a\u2028b, ""c""\r\nd\0"\n2,,"null"\n'
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert list(file_rows(path)) == [
        {"id": "1", "title": None, "note": 'a\u2028b, "c"\nd'},
        {"id": "2", "title": None, "note": None},
    ]


def test_a_file_with_only_a_header_has_no_rows() -> None:
    assert text_rows("id,title\n") == []
    assert text_rows("") == []


def test_stray_quotes_break_nothing() -> None:
    assert text_rows('id,name\n1,"first"Name1"\n2,x\n')[0]["id"] == "1"


def test_a_huge_cell_is_read() -> None:
    assert text_rows(f'a\n"{"x" * 200_000}"\n') == [{"a": "x" * 200_000}]


cells = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), min_size=1)


@given(st.lists(st.tuples(cells, cells), min_size=1), st.integers(40, 400))
def test_parts_hold_every_record_once_and_stay_small(
    rows: list[tuple[str, str]], largest: int
) -> None:
    records = [{"email": email, "title": title} for email, title in rows]
    parts = list(csv_parts(records, ["email", "title"], largest))
    found = [
        row for part in parts for row in csv.DictReader(io.StringIO(part.decode(), newline=""))
    ]
    assert found == records
    assert all(len(part) <= largest or part.count(b"\n") >= 2 for part in parts)


def test_clearing_by_import_is_refused() -> None:
    with pytest.raises(ValueError, match="record 1 has no title"):
        list(csv_parts([{"id": "1", "title": "x"}, {"id": "2", "title": ""}], ["id", "title"]))
