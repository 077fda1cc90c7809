"""Copies of JSON documents equal what writing and reading them gives."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.json_copy import json_copy

ATOMS = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
DOCUMENTS = st.recursive(
    ATOMS, lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner)
)


@given(DOCUMENTS)
def test_a_copy_is_what_writing_and_reading_gives(document: Any) -> None:
    assert json_copy(document) == json.loads(json.dumps(document))


def test_a_copy_shares_nothing() -> None:
    document = {"rows": [{"id": 1}]}
    copied = json_copy(document)
    copied["rows"][0]["id"] = 2
    assert document == {"rows": [{"id": 1}]}


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError, match="datetime is no JSON"):
        json_copy({"at": datetime.now(UTC)})
