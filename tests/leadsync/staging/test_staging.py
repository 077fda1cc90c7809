"""Staging keeps frames and documents exactly, and replaces them whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadsync.errors import ConfigurationError
from leadsync.frames import Rows
from leadsync.model import Json
from leadsync.staging.files import CycleFiles
from leadsync.staging.memory import MemoryStaging
from leadsync.staging.store import Staging, StagingError
from leadsync.state.port import Values
from leadsync.values.marks import ABSENT, invalid

#: a fixture serves all examples of a test.
SHARED = [HealthCheck.function_scoped_fixture]
CYCLE = "scheduled__2026-01-31T10:00:00+00:00"
TEXTS = [
    "CTO",
    None,
    ABSENT,
    invalid("?"),
    "",
    "a\r\nb\u2028\t",
    "😀 e\u0301 שלום",
    " 0012 ",
    "nan",
]


def rows() -> Rows:
    """A row for every kind of text, with ids, a gap and an absent field."""
    ids = [1, None, 2**40, 4, 5, 6, 7, 8, 9]
    return Rows(
        columns=("table", "marketo_id"),
        records=[{"table": t, "marketo_id": i} for t, i in zip(TEXTS, ids, strict=True)],
        fields=("title", "city"),
        values=[{"title": text} if text != ABSENT else {} for text in TEXTS],
    )


@pytest.fixture(params=["files", "memory"])
def staging(request: pytest.FixtureRequest, tmp_path: Path) -> Staging | MemoryStaging:
    return Staging(str(tmp_path / "staging")) if request.param == "files" else MemoryStaging()


def test_rows_come_back_as_they_were(staging: Staging | MemoryStaging) -> None:
    staging.write_rows(CYCLE, "persons", rows())
    assert staging.read_rows(CYCLE, "persons") == rows()


def test_no_rows_come_back_with_their_columns(staging: Staging | MemoryStaging) -> None:
    empty = Rows(("table", "marketo_id"), [], ("title",))
    staging.write_rows(CYCLE, "persons", empty)
    assert staging.read_rows(CYCLE, "persons") == empty


def test_what_a_row_lacks_is_null_or_absent_and_what_it_has_besides_is_left_out(
    staging: Staging | MemoryStaging,
) -> None:
    values: Values = {"title": ABSENT, "phone": "1"}
    staging.write_rows(
        CYCLE, "persons", Rows(("table",), [{"more": 1}], ("title", "city"), [values])
    )
    assert staging.read_rows(CYCLE, "persons").pairs() == [({"table": None}, {})]


@pytest.mark.parametrize("count", [0, 9])
def test_the_files_are_frames_with_documented_dtypes(tmp_path: Path, count: int) -> None:
    some = Rows(rows().columns, rows().records[:count], rows().fields, rows().values[:count])
    path = Staging(str(tmp_path)).write_rows(CYCLE, "persons", some)
    frame = pd.read_parquet(path)
    assert frame.dtypes.astype(str).to_dict() == {
        "table": "str",
        "marketo_id": "Int64",
        "f:title": "str",
        "f:city": "str",
    }
    assert frame["f:city"].tolist() == [ABSENT] * count


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cells=st.lists(st.none() | st.text(st.characters(codec="utf-8")), max_size=8),
    name=st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
)
def test_any_text_and_field_name_survives(
    tmp_path: Path, cells: list[str | None], name: str
) -> None:
    records: list[Json] = [{"table": cell} for cell in cells]
    kept = Rows(("table",), records, (name,), [{name: cell} for cell in cells])
    for staging in (Staging(str(tmp_path)), MemoryStaging()):
        staging.write_rows("c1", "any", kept)
        assert staging.read_rows("c1", "any") == kept.completed()


def test_frames_are_replaced(staging: Staging | MemoryStaging) -> None:
    staging.write_rows(CYCLE, "persons", rows())
    staging.write_rows(CYCLE, "persons", Rows(("table",), [{"table": "lead"}]))
    assert staging.read_rows(CYCLE, "persons").records == [{"table": "lead"}]


def test_nobody_shares_rows(staging: Staging | MemoryStaging) -> None:
    mine = rows()
    staging.write_rows(CYCLE, "persons", mine)
    mine.records[0]["table"] = mine.values[0]["title"] = "changed"
    theirs = staging.read_rows(CYCLE, "persons")
    theirs.records[1]["table"] = theirs.values[1]["title"] = "changed"
    theirs.records.clear()
    assert staging.read_rows(CYCLE, "persons") == rows()


def test_missing_frames_are_named(staging: Staging | MemoryStaging) -> None:
    with pytest.raises(StagingError, match=r"frame persons of cycle c9 is not in staging"):
        staging.read_rows("c9", "persons")


def test_documents_come_back_as_they_were(staging: Staging | MemoryStaging) -> None:
    document = {"token": "t", "calls": {"marketo": 3}, "ids": [1, None], "text": "😀\u2028"}
    staging.write_document(CYCLE, "calls", document)
    document["token"] = "changed"
    assert staging.read_document(CYCLE, "calls") == {**document, "token": "t"}
    assert staging.read_document(CYCLE, "other") is None


def test_has_and_drop_know_frames_and_documents_of_one_cycle(
    staging: Staging | MemoryStaging,
) -> None:
    staging.write_rows(CYCLE, "persons", rows())
    staging.write_document(CYCLE, "calls", {})
    staging.write_document("other", "calls", {})
    assert [staging.has(CYCLE, name) for name in ("persons", "calls", "rows")] == [
        True,
        True,
        False,
    ]
    staging.drop(CYCLE)
    staging.drop(CYCLE)
    assert not staging.has(CYCLE, "persons")
    assert not staging.has(CYCLE, "calls")
    assert staging.has("other", "calls")


def test_cycles_cannot_leave_their_folder(tmp_path: Path) -> None:
    staging = Staging(str(tmp_path / "staging"))
    path = Path(staging.write_document("a/../../b", "calls", {}))
    assert path.is_relative_to(tmp_path / "staging")
    assert ".." not in path.parts


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    files = CycleFiles(str(tmp_path))
    files.write(CYCLE, "calls.json", lambda file: _put(file, b"old"))

    def crash(file: IO[bytes]) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.write(CYCLE, "calls.json", crash)
    with files.reading(CYCLE, "calls.json") as file:
        assert file.read() == b"old"


def test_other_storages_of_fsspec_work() -> None:
    staging = Staging("memory://leadsync-test")
    staging.write_rows(CYCLE, "persons", rows())
    assert staging.read_rows(CYCLE, "persons") == rows()
    staging.drop(CYCLE)
    assert not staging.has(CYCLE, "persons")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    staging = Staging(str(tmp_path / "file" / "staging"))
    with pytest.raises(ConfigurationError, match=f"{tmp_path}/file/staging") as caught:
        staging.write_document(CYCLE, "calls", {})
    assert "LEADSYNC_STAGING" in caught.value.remedy


def test_an_unknown_protocol_is_named_without_its_credentials() -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere://\*\*\*@bucket") as caught:
        Staging("nowhere://key:secret@bucket")
    assert "secret" not in str(caught.value)


def _put(file: IO[bytes], content: bytes) -> None:
    file.write(content)


def test_cycles_with_frames_are_listed_and_foreign_folders_are_not(tmp_path: Path) -> None:
    staging = Staging(str(tmp_path / "staging"))
    assert staging.cycles() == []
    for name in ("20260105T080000-0a1b2c3d", "20260105T080100-0a1b2c3d", "somebody-elses"):
        staging.write_document(name, "probe", {})
    assert staging.cycles() == ["20260105T080000-0a1b2c3d", "20260105T080100-0a1b2c3d"]
