"""Text values: Unicode, line ends, control characters (S052, S054, S069)."""

from __future__ import annotations

import pytest

from leadsync.values.build import build_converter
from leadsync.values.marks import INVALID, invalid, is_invalid, is_marked, shown
from leadsync.values.text import TextConverter
from support.fields import column, marketo


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("cafe\u0301", "caf\u00e9"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\0b", "ab"),
        ("e\0\u0301", "\u00e9"),
        ("\0", None),
        ("  kept  ", "  kept  "),
        ("שלום 👩‍🚀", "שלום 👩‍🚀"),
        ("line\u2028separator", "line\u2028separator"),
        ("\ud83d", "\ufffd"),
        ("\ud83d\ude80", "🚀"),
        (12, "12"),
        (1250.50, "1250.5"),
        (True, "true"),
    ],
)
def test_canonical_text(raw: object, canonical: str | None) -> None:
    assert TextConverter().from_marketo(raw) == canonical
    assert TextConverter().from_dynamics(raw) == canonical


def test_a_list_is_no_text() -> None:
    assert TextConverter().from_marketo(["a"]) == INVALID + '["a"]'


def test_marks() -> None:
    assert is_invalid(invalid("x"))
    assert is_marked(invalid("x"))
    assert not is_invalid(None)
    assert shown(invalid("Webinar\0 2025")) == "Webinar 2025"
    assert shown("Web") == "Web"
    assert shown("\0absent") is None


def test_a_mark_in_the_data_is_no_mark() -> None:
    assert TextConverter().from_marketo(INVALID + "x") == "!x"


def test_blanks_around_an_email_address_are_no_part_of_it() -> None:
    email = build_converter(marketo(data_type="email"), column())
    assert email.from_dynamics(" a@x.com\t") == email.from_marketo("\0 a@x.com") == "a@x.com"
    assert (email.from_dynamics("  "), email.from_dynamics("a b@x.com")) == (None, "a b@x.com")
    assert build_converter(marketo(), column()).from_dynamics(" a ") == " a "
