"""Formats: lenient where Dynamics is, ASCII where Marketo is (S058)."""

from __future__ import annotations

import pytest
from email_validator import validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from leadsync.validation import formats
from leadsync.validation.formats import FORMATS, is_ascii_email, is_email, is_phone, is_url
from leadsync.validation.texts import Texts


@pytest.mark.parametrize(
    "value",
    [
        "a@x.com",
        "A.B+c@sub.example.com",
        "o'neil@x.co.uk",
        " a@x.com ",
        "jörg@exämple.com",
        "a@b.test",
    ],
)
def test_addresses(value: str) -> None:
    assert is_email(value)


@pytest.mark.parametrize(
    "value", ["foo@@bar", "a@b", "a b@x.com", "@x.com", "a..b@x.com", "a@x..com", "a@-x.com", "a"]
)
def test_no_addresses(value: str) -> None:
    assert not is_email(value)
    assert not is_ascii_email(value)


@pytest.mark.parametrize("value", ["jörg@x.com", "a@exämple.com", " a@x.com"])
def test_marketo_takes_bare_ascii_only(value: str) -> None:
    assert is_email(value)
    assert not is_ascii_email(value)


ATOMS = st.text("abzAZ09!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=12)
LABELS = st.text("abzAZ09-", min_size=1, max_size=12)


@given(st.lists(ATOMS, min_size=1, max_size=4), st.lists(LABELS, min_size=1, max_size=4))
def test_what_the_pattern_takes_email_validator_takes(atoms: list[str], labels: list[str]) -> None:
    value = f"{'.'.join(atoms)}@{'.'.join(labels)}.com"
    if len(value) <= 64 and formats._SURELY_EMAIL.fullmatch(value):
        assert validate_email(value, check_deliverability=False, globally_deliverable=False)


PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80)
ALIKE = st.text('a.@:/-_ 1"?#\nå', max_size=12)
CELLS = st.one_of(PRINTABLE, ALIKE, st.emails(), st.text(max_size=12)).filter(
    lambda value: value != "" and "\0" not in value
)


@settings(max_examples=300)
@given(cells=st.lists(CELLS, min_size=1, max_size=8), name=st.sampled_from(sorted(FORMATS)))
def test_a_column_is_judged_like_its_cells(cells: list[str], name: str) -> None:
    form = FORMATS[name]
    assert Texts(cells).matching(form).tolist() == [form.is_valid(cell) for cell in cells]


@given(st.emails())
def test_rfc_addresses_with_a_plain_local_part_are_taken(value: str) -> None:
    local = value.rpartition("@")[0]
    if len(local) <= 64 and len(value) <= 254:
        assert is_ascii_email(value)


@pytest.mark.parametrize(
    "value",
    ["https://x.com", "x.com", "www.x.com/a b".replace(" ", "%20"), "http://localhost:8080/"],
)
def test_urls(value: str) -> None:
    assert is_url(value)


@pytest.mark.parametrize("value", ["no url", "x", "https://", "a@x.com", "http://x.com/a b"])
def test_no_urls(value: str) -> None:
    assert not is_url(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("+46 8 1", True), ("1-800-FLOWERS", True), ("n/a", False), ("1\n2", False)],
)
def test_phones(value: str, expected: bool) -> None:
    assert is_phone(value) is expected
