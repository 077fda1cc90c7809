"""Laws of field values and paging tokens."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync_sandbox.common.database import Database
from leadsync_sandbox.common.keep import KEEP_SCHEMA, Keep
from leadsync_sandbox.common.settings import Settings
from leadsync_sandbox.marketo.defaults import DEFAULTS
from leadsync_sandbox.marketo.envelope import MarketoError, SkippedError
from leadsync_sandbox.marketo.fields import CREATABLE_TYPES, Field
from leadsync_sandbox.marketo.tokens import Position, read_token, write_token
from leadsync_sandbox.marketo.values import MOST_TEXT_BYTES, accept, as_text

SETTINGS = Settings(Keep(Database(Path(mkdtemp()) / "v.db", KEEP_SCHEMA)), DEFAULTS)
ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.lists(st.integers(), max_size=2),
    st.datetimes().map(str),
    st.dates().map(str),
)


@given(st.sampled_from([*CREATABLE_TYPES, "text", "reference"]), ANYTHING)
def test_what_is_stored_is_accepted_again_unchanged(data_type: str, value: Any) -> None:
    field = Field(1, "x", "X", data_type, 255 if data_type == "string" else None)
    try:
        stored = accept(field, value, SETTINGS)
    except SkippedError as skipped:
        assert skipped.reason["code"] == "1003"
    else:
        assert accept(field, stored, SETTINGS) == stored
        assert as_text(stored) is None or isinstance(as_text(stored), str)


@pytest.mark.parametrize(
    ("data_type", "value"),
    [
        *(("integer", bad) for bad in ("1_000", "\u0663", " 7", "0x10", 14.1, 2**31, 10**400)),
        *(("currency", bad) for bad in ("14c", "1_000", "nan", "1e999", 10**400, True)),
        *(("email", bad) for bad in ("bademail", "a@b", "\u00e5@example.com", " a@example.com")),
        ("email", "a@" + "b.c" * 84 + ".com"),
        ("string", "half \ud83d"),
        ("text", "half \ude00"),
        ("date", "2025-02-29"),
        ("date", "\u0662\u0660\u0662\u0665-01-01"),
        ("datetime", "2025-01-01T24:00:00Z"),
        ("datetime", "9999-12-31T23:59:59-01:00"),
        ("boolean", "other"),
    ],
)
def test_values_that_are_refused(data_type: str, value: Any) -> None:
    """An e-mail address that is too long is refused whatever happens to other long texts (6.4)."""
    field = Field(1, "x", "X", data_type, 255 if data_type in ("string", "email") else None)
    with pytest.raises(SkippedError) as skipped:
        accept(field, value, SETTINGS)
    assert skipped.value.reason["code"] == "1003"


@given(st.text())
def test_texts_never_pass_their_limits(text: str) -> None:
    assert len(str(accept(Field(1, "x", "X", "string", 40), text, SETTINGS) or "")) <= 40
    long = accept(Field(1, "x", "X", "text"), text * 2000, SETTINGS) or ""
    assert len(long.encode()) <= MOST_TEXT_BYTES


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1)))
def test_datetimes_are_cut_to_the_second(moment: datetime) -> None:
    stored = accept(Field(1, "x", "X", "datetime"), moment.isoformat(), SETTINGS)
    assert datetime.fromisoformat(stored) == moment.replace(microsecond=0)


@given(st.text(string.ascii_letters + string.digits + ":-", max_size=40), st.integers(min_value=0))
def test_tokens_round_trip_and_are_padded(since: str, after: int) -> None:
    token = write_token(Position(since, after))
    assert read_token(token, SETTINGS) == Position(since, after)
    assert token.endswith("=")


@given(st.text(max_size=30))
def test_foreign_tokens_are_refused(text: str) -> None:
    with pytest.raises(MarketoError) as raised:
        read_token(text, SETTINGS)
    assert raised.value.code == "1003"
