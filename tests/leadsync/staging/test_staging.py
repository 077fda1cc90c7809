"""Staging keeps frames and documents exactly, and replaces them whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadsync.errors import ConfigurationError
from leadsync.staging.files import CycleFiles
from leadsync.staging.memory import MemoryStaging
from leadsync.staging.store import Staging, StagingError
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


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "f:title": pd.Series(TEXTS, dtype="str"),
            "marketo_id": pd.Series([1, None, 2**40, 4, 5, 6, 7, 8, 9], dtype="Int64"),
            "flag": pd.Series([True, None] * 4 + [False], dtype="boolean"),
        }
    )


@pytest.fixture(params=["files", "memory"])
def staging(request: pytest.FixtureRequest, tmp_path: Path) -> Staging | MemoryStaging:
    return Staging(str(tmp_path / "staging")) if request.param == "files" else MemoryStaging()


def test_frames_come_back_as_they_were(staging: Staging | MemoryStaging) -> None:
    staging.write_frame(CYCLE, "persons", frame())
    pd.testing.assert_frame_equal(staging.read_frame(CYCLE, "persons"), frame())


def test_empty_frames_keep_their_dtypes(staging: Staging | MemoryStaging) -> None:
    staging.write_frame(CYCLE, "persons", frame().iloc[:0])
    found = staging.read_frame(CYCLE, "persons")
    assert len(found) == 0
    assert found.dtypes.to_dict() == frame().dtypes.to_dict()


def test_columns_of_nulls_alone_keep_their_dtype(staging: Staging | MemoryStaging) -> None:
    nulls = pd.DataFrame({"f:title": pd.Series([None, None], dtype="str")})
    staging.write_frame(CYCLE, "persons", nulls)
    pd.testing.assert_frame_equal(staging.read_frame(CYCLE, "persons"), nulls)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cells=st.lists(st.none() | st.text(st.characters(codec="utf-8")), max_size=8),
    name=st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
)
def test_any_text_and_column_name_survives(
    tmp_path: Path, cells: list[str | None], name: str
) -> None:
    kept = pd.DataFrame({name: pd.Series(cells, dtype="str")})
    staging = Staging(str(tmp_path))
    staging.write_frame("c1", "any", kept)
    pd.testing.assert_frame_equal(staging.read_frame("c1", "any"), kept)


def test_the_index_is_not_kept(staging: Staging | MemoryStaging) -> None:
    staging.write_frame(CYCLE, "persons", frame().set_axis(range(10, 19)))
    pd.testing.assert_frame_equal(staging.read_frame(CYCLE, "persons"), frame())


def test_frames_are_replaced(staging: Staging | MemoryStaging) -> None:
    staging.write_frame(CYCLE, "persons", frame())
    staging.write_frame(CYCLE, "persons", frame().head(1))
    assert len(staging.read_frame(CYCLE, "persons")) == 1


def test_nobody_shares_a_frame(staging: Staging | MemoryStaging) -> None:
    mine = frame()
    staging.write_frame(CYCLE, "persons", mine)
    mine.loc[0, "f:title"] = "changed"
    theirs = staging.read_frame(CYCLE, "persons")
    theirs.loc[1, "f:title"] = "changed"
    pd.testing.assert_frame_equal(staging.read_frame(CYCLE, "persons"), frame())


def test_missing_frames_are_named(staging: Staging | MemoryStaging) -> None:
    with pytest.raises(StagingError, match=r"frame persons of cycle c9 is not in staging"):
        staging.read_frame("c9", "persons")


def test_documents_come_back_as_they_were(staging: Staging | MemoryStaging) -> None:
    document = {"token": "t", "calls": {"marketo": 3}, "ids": [1, None], "text": "😀\u2028"}
    staging.write_document(CYCLE, "calls", document)
    document["token"] = "changed"
    assert staging.read_document(CYCLE, "calls") == {**document, "token": "t"}
    assert staging.read_document(CYCLE, "other") is None


def test_has_and_drop_know_frames_and_documents_of_one_cycle(
    staging: Staging | MemoryStaging,
) -> None:
    staging.write_frame(CYCLE, "persons", frame())
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
    staging.write_frame(CYCLE, "persons", frame())
    pd.testing.assert_frame_equal(staging.read_frame(CYCLE, "persons"), frame())
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
