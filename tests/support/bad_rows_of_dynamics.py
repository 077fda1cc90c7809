"""The catalogue of what people enter in Dynamics and Marketo may not take."""

from __future__ import annotations

from support.bad_rows import BadRow, Broken, holds, takes

_INT32 = 2**31


def _motto(name: str, value: str, stored: str | None = None) -> BadRow:
    return takes(name, {"new_motto": value}, motto=stored or value)


def _story(name: str, value: str) -> BadRow:
    return takes(name, {"new_story": value}, story=value)


def _long_motto(name: str, value: str) -> BadRow:
    return holds(name, {"new_motto": value}, Broken("motto", "max_length", value, "255"))


def _long_story(name: str, value: str) -> BadRow:
    return holds(name, {"new_story": value}, Broken("story", "max_bytes", value, "30000"))


def _no_address(value: str) -> BadRow:
    broken = Broken("email", "format", value, "AsciiEmail")
    return holds(f"no address: {value!r}", {"emailaddress1": value}, broken)


def _visits(number: float, stored: int) -> BadRow:
    return takes(f"visits {number}", {"new_visits": number}, visits=stored)


ROWS_OF_DYNAMICS = (
    _motto("characters at their limit", "x" * 255),
    _motto("emoji count as characters", "🙂" * 255),
    _motto("letters of three bytes", "語" * 255),
    _motto("NUL does not count", "x" * 255 + "\0", "x" * 255),
    _motto("composed first", "e\u0301" * 255, "é" * 255),
    _motto("our own mark of absence", "\0absent", "absent"),
    _motto("separators, quotes, overrides", '\u2028a,"b"\t\u202eשלם\u202c;\u0085'),
    _motto("a formula", "=cmd|' /C calc'!A0"),
    _motto("the word null", "NULL"),
    _long_motto("one character past", "x" * 256),
    _long_motto("one emoji past", "🙂" * 256),
    _long_motto("very long", "x" * 4000),
    _story("bytes at their limit", "x" * 30_000),
    _story("bytes of two-byte letters", "å" * 15_000),
    _story("bytes of emoji", "🙂" * 7_500),
    _long_story("one byte past", "x" * 30_001),
    _long_story("one byte past in two-byte letters", "å" * 15_000 + "x"),
    _long_story("one byte past in emoji", "🙂" * 7_500 + "x"),
    _long_story("very long", "å" * 60_000),
    takes("a choice by its label", {"leadsourcecode": 9}, leadSource="Word of Mouth"),
    takes("several choices", {"new_colours": "3,1"}, colours="Red;Blue"),
    takes("a yes in a text field", {"donotfax": True}, noFax="Yes"),
    takes("a date in a text field", {"estimatedclosedate": "2024-02-29"}, closing="2024-02-29"),
    takes("money in a text field", {"budgetamount": 1234.5}, budget="1234.5"),
    takes(
        "a time in a text field",
        {"schedulefollowup_prospect": "2025-10-26T00:30:00Z"},
        followUp="2025-10-26T00:30:00Z",
    ),
    takes("blanks around", {"emailaddress1": " blank@example.com\t"}, email="blank@example.com"),
    takes("an address", {"emailaddress1": "a.b+c@example.com"}, email="a.b+c@example.com"),
    *map(_no_address, ("å@example.com", "foo@@bar", "foo", "a@example", "a b@example.com", "=1+1")),
    _visits(_INT32 - 1, _INT32 - 1),
    _visits(-_INT32, -_INT32),
    _visits(12.4, 12),
    holds(
        "visits past 32 bits",
        {"new_visits": _INT32},
        Broken("visits", "maximum", str(_INT32), str(_INT32 - 1)),
    ),
    holds(
        "visits below 32 bits",
        {"new_visits": -_INT32 - 1},
        Broken("visits", "minimum", str(-_INT32 - 1), str(-_INT32)),
    ),
    holds(
        "all broken at once",
        {"emailaddress1": "bar@@foo", "new_motto": "x" * 256, "new_visits": 1e10},
        Broken("email", "format", "bar@@foo", "AsciiEmail"),
        Broken("motto", "max_length", "x" * 256, "255"),
        Broken("visits", "maximum", "10000000000", str(_INT32 - 1)),
    ),
)
