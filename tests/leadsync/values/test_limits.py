"""Lengths of texts in each system's own unit (S056, S057, S069, S070)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.values.limits import TextLimits, cut, field_limits, utf16_units
from support.fields import column, marketo

LIMIT = st.none() | st.integers(0, 40)
LIMITS = st.builds(TextLimits, LIMIT, LIMIT, LIMIT)
ROCKET = "\N{ROCKET}"


def fits(text: str, limits: TextLimits) -> bool:
    sizes = len(text), len(text.encode("utf-16-le")) // 2, len(text.encode())
    return all(limit is None or size <= limit for size, limit in zip(sizes, limits, strict=True))


@pytest.mark.parametrize(
    ("text", "limits", "expected"),
    [
        ("ååå", TextLimits(octets=5), "åå"),
        (ROCKET * 2, TextLimits(characters=1, octets=30_000), ROCKET),
        (ROCKET * 2, TextLimits(units=3), ROCKET),
        (ROCKET * 2, TextLimits(units=1), ""),
        (ROCKET * 2, TextLimits(characters=2), ROCKET * 2),
        ("x" * 60, TextLimits(units=50), "x" * 50),
        ("abc", TextLimits(), "abc"),
    ],
)
def test_a_cut_never_splits_a_character(text: str, limits: TextLimits, expected: str) -> None:
    assert cut(text, limits) == expected


@given(st.text(max_size=60), LIMITS)
def test_a_cut_is_the_longest_beginning_within_the_limits(text: str, limits: TextLimits) -> None:
    short = cut(text, limits)
    assert text.startswith(short)
    assert fits(short, limits)
    assert short == text or not fits(text[: len(short) + 1], limits)
    assert cut(short, limits) == short


@given(st.text())
def test_units_are_those_of_utf16(text: str) -> None:
    assert utf16_units(text) == sum(2 if ord(character) > 0xFFFF else 1 for character in text)


def test_limits_are_those_of_both_sides() -> None:
    area = marketo(data_type="textarea", length=None)
    assert field_limits(marketo(length=255), column(max_length=50)) == (255, 50, None)
    assert field_limits(area, column(type="Memo", max_length=2000)) == (None, 2000, 30_000)
