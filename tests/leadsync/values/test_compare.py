"""Normalisers and truncation in comparison (S043, S057, F08, F12)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.errors import MappingError
from leadsync.values.build import build_converter
from leadsync.values.compare import NORMALISERS, Normaliser, build_comparable
from leadsync.values.limits import TextLimits, cut
from leadsync.values.marks import ABSENT, invalid
from support.fields import column, marketo


@pytest.mark.parametrize(
    ("name", "left", "right"),
    [
        ("trim", "z ", "z"),
        ("casefold", "Straße", "STRASSE"),
        ("collapse_spaces", "a  b\tc ", "a b c"),
        ("phone", "+46 8 123 456 78", "+46812345678"),
        ("phone", "0046 8 123 456 78", "+46812345678"),
        ("phone", "(555) 123-4567", "555.123.4567"),
        ("email", " A@X.com", "a@x.com"),
    ],
)
def test_equal_under_a_normaliser_only(name: Normaliser, left: str, right: str) -> None:
    assert build_comparable(marketo(), column(), [name])(left) == build_comparable(
        marketo(), column(), [name]
    )(right)
    plain = build_comparable(marketo(), column())
    assert plain(left) != plain(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("1-800-FLOWERS", "1-800-TAXICAB"),
        ("+1 415 555 2671 ext 5", "+1 415 555 2671"),
        ("n/a", "-"),
    ],
)
def test_phone_keeps_real_differences(left: str, right: str) -> None:
    compare = build_comparable(marketo(), column(), ["phone"])
    assert compare(left) != compare(right)


def test_a_value_that_normalises_to_nothing_is_null() -> None:
    assert build_comparable(marketo(), column(), ["trim"])("   ") is None


@given(st.text(), st.sampled_from(NORMALISERS))
def test_normalising_twice_changes_nothing(value: str, name: Normaliser) -> None:
    compare = build_comparable(marketo(), column(), [name])
    assert compare(compare(value or None)) == compare(value or None)


def test_marks_pass_through() -> None:
    compare = build_comparable(marketo(), column(max_length=3), ["casefold"], "truncate")
    assert compare(ABSENT) == ABSENT
    assert compare(invalid("LONG")) == invalid("LONG")


def test_truncation_compares_at_the_shorter_side() -> None:
    compare = build_comparable(marketo(length=255), column(max_length=50), (), "truncate")
    assert compare("x" * 60) == compare("x" * 50) == "x" * 50
    narrow = build_comparable(marketo(length=40), column(max_length=50), (), "truncate")
    assert narrow("x" * 60) == "x" * 40


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    st.integers(1, 12),
    st.integers(1, 12),
)
def test_the_copy_that_a_side_cut_compares_equal(value: str, length: int, units: int) -> None:
    field = marketo(length=length)
    compare = build_comparable(field, column(max_length=units), (), "truncate")
    for copy in (cut(value, TextLimits(characters=length)), cut(value, TextLimits(units=units))):
        assert compare(copy or None) == compare(value)


def test_a_boolean_null_compares_as_false() -> None:
    assert build_comparable(marketo(data_type="boolean"), column(type="Boolean"))(None) == "false"


@pytest.mark.parametrize(
    ("data_type", "type_"),
    [("boolean", "String"), ("date", "Money"), ("array", "String"), ("string", "Image")],
)
def test_types_that_cannot_be_converted_are_refused(data_type: str, type_: str) -> None:
    with pytest.raises(MappingError, match="cannot be synchronised"):
        build_converter(marketo(data_type=data_type), column(type=type_))
