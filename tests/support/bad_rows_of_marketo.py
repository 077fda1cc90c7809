"""The catalogue of what people enter in Marketo, good and bad, for every kind of column of leads.

Limits are those of reference/data/dataverse-lead.columns.json and of ``map_every_kind``.
"""

from __future__ import annotations

from typing import Any

from support.bad_rows import COLOUR_CODES, BadRow, Broken, holds, takes

_SOURCES = str(tuple(str(code) for code in range(1, 11)))
_QUALITIES = str(("1", "2", "3"))
_EARLIEST = "1753-01-01"
_BILLION_BILLION = "9" * 60


def _long(column: str, value: str, limit: int) -> Broken:
    return Broken(column, "max_length", value, str(limit))


def _no(column: str, kind: str, value: str) -> Broken:
    return Broken(column, "type", value, kind)


def _format(column: str, name: str, value: str) -> Broken:
    return Broken(column, "format", value, name)


def _first(name: str, value: str, stored: str | None) -> BadRow:
    return takes(name, {"firstName": value}, firstname=stored)


def _too_long_first(name: str, entered: str, value: str | None = None) -> BadRow:
    return holds(name, {"firstName": entered}, _long("firstname", value or entered, 50))


def _notes(name: str, value: str, stored: str | None = None) -> BadRow:
    return takes(name, {"mktoPersonNotes": value}, description=stored or value)


REQUIRED = (
    holds("last name null", {"lastName": None}, Broken("lastname", "required", None, None)),
    holds("last name empty", {"lastName": ""}, Broken("lastname", "required", None, None)),
    holds("last name NUL", {"lastName": "\0"}, Broken("lastname", "required", None, None)),
    takes("last name at its limit", {"lastName": "L" * 50}, lastname="L" * 50),
    holds("last name too long", {"lastName": "L" * 51}, _long("lastname", "L" * 51, 50)),
)
LENGTHS = (
    _first("first name at its limit", "x" * 50, "x" * 50),
    _too_long_first("first name one past", "x" * 51),
    _first("emoji take two units", "🙂" * 25, "🙂" * 25),
    _too_long_first("emoji one unit past", "🙂" * 25 + "x"),
    _first("a family of seven units", "👩‍👩‍👧" * 6, "👩‍👩‍👧" * 6),
    _first("composed while comparing", "e\u0301" * 50, "é" * 50),
    _too_long_first("composed and one past", "e\u0301" * 51, "é" * 51),
    _first("marks that compose with nothing", "x\u0301" * 25, "x\u0301" * 25),
    _too_long_first("marks that count", "x\u0301" * 25 + "y"),
    _first("letters of three bytes", "語" * 50, "語" * 50),
    _first("NUL does not count", "x" * 50 + "\0", "x" * 50),
    _too_long_first("as long as Marketo lets it be", "x" * 255),
    _notes("notes at their limit", "n" * 2000),
    holds(
        "notes one past", {"mktoPersonNotes": "n" * 2001}, _long("description", "n" * 2001, 2000)
    ),
    _notes("notes of emoji", "🙂" * 1000),
    holds(
        "notes of one emoji more",
        {"mktoPersonNotes": "🙂" * 1001},
        _long("description", "🙂" * 1001, 2000),
    ),
    _notes("line ends count once", "x\r\n" * 1000, "x\n" * 1000),
    holds(
        "as long as a text area",
        {"mktoPersonNotes": "n" * 30_000},
        _long("description", "n" * 30_000, 2000),
    ),
    takes("mobile at its limit", {"mobilePhone": "1" * 20}, mobilephone="1" * 20),
    holds("mobile one past", {"mobilePhone": "1" * 21}, _long("mobilephone", "1" * 21, 20)),
)
HOSTILE = (
    _first("NUL inside", "a\0b", "ab"),
    _first("our own mark of absence", "\0absent", "absent"),
    _first("our own mark of what is invalid", "\0!x", "!x"),
    _first("nothing but NUL", "\0", None),
    _first("right to left and overridden", "\u202eשלם\u202c", "\u202eשלם\u202c"),
    _first("no width and byte order mark", "\ufeffa\u200bb", "\ufeffa\u200bb"),
    _first("blanks alone", "  ", "  "),
    _first("the word null", "NULL", "NULL"),
    _first("the word nan", "nan", "nan"),
    _first("a formula", "=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
    _first("a formula by plus", "+1+cmd", "+1+cmd"),
    _first("a formula by at", "@SUM(A1:A9)", "@SUM(A1:A9)"),
    _first("quotes and separators", "a,b;\"c\"\t'd'|", "a,b;\"c\"\t'd'|"),
    _first("markup", "<script>&amp;</script>", "<script>&amp;</script>"),
    _first("a statement", "'; DROP TABLE leads;--", "'; DROP TABLE leads;--"),
    _first("braces", "{{lead.Id}} ${x} %s {0}", "{{lead.Id}} ${x} %s {0}"),
    _notes("line and paragraph separators", "a\u2028b\u2029c\u0085d"),
    _notes("carriage returns alone", "a\rb", "a\nb"),
    _notes("control characters", "a\x01\x0b\x1f\x7fb"),
    _notes("a boundary of a batch", "--batch_x\r\nContent-Type: x", "--batch_x\nContent-Type: x"),
)
FORMATS = (
    takes("an address", {"otherEmail": "a.b+c@example.com"}, emailaddress2="a.b+c@example.com"),
    takes("an address abroad", {"otherEmail": "å@exämple.se"}, emailaddress2="å@exämple.se"),
    *(
        holds(f"no address: {bad!r}", {"otherEmail": bad}, _format("emailaddress2", "Email", bad))
        for bad in (
            "foo@@bar",
            "foo",
            "@example.com",
            "a@b",
            "a@example.com, b@example.com",
            "=1+1",
        )
    ),
    holds(
        "an address too long",
        {"otherEmail": "a@" + "b" * 60 + ".c" * 40 + ".com"},
        _long("emailaddress2", "a@" + "b" * 60 + ".c" * 40 + ".com", 100),
    ),
    takes(
        "a site",
        {"homepage": "https://example.com/a?b=1#c"},
        websiteurl="https://example.com/a?b=1#c",
    ),
    takes("a host", {"homepage": "example.com"}, websiteurl="example.com"),
    holds("no site", {"homepage": "no site"}, _format("websiteurl", "Url", "no site")),
    holds(
        "a site of two lines", {"homepage": "a.b\nc.d"}, _format("websiteurl", "Url", "a.b\nc.d")
    ),
    takes("a phone", {"phone": "+46 (0)8-123 ext. 4"}, telephone1="+46 (0)8-123 ext. 4"),
    holds("no phone", {"phone": "call me"}, _format("telephone1", "Phone", "call me")),
    holds(
        "no phone and too long",
        {"phone": "p" * 51},
        _long("telephone1", "p" * 51, 50),
        _format("telephone1", "Phone", "p" * 51),
    ),
)


def _count(value: str, stored: int) -> BadRow:
    return takes(f"headcount {value!r}", {"headcount": value}, numberofemployees=stored)


def _no_count(value: str, **bare: Any) -> BadRow:
    broken = _no("numberofemployees", "whole number", value)
    return holds(f"headcount {value!r}", {"headcount": value}, broken, **bare)


def _count_past(rule: str, value: str, limit: str) -> BadRow:
    broken = Broken("numberofemployees", rule, value, limit)
    return holds(f"headcount {value!r}", {"headcount": value}, broken)


def _money(value: str, stored: float) -> BadRow:
    return takes(f"budget {value!r}", {"budget": value}, budgetamount=stored)


NUMBERS = (
    *(_count(value, int(float(value))) for value in ("0", "1000000", "1e3", " 7 ", "-0", "5.0")),
    _count_past("minimum", "-1", "0"),
    _count_past("maximum", "1000001", "1000000"),
    _count_past("maximum", "2147483648", "1000000"),
    _no_count("12.5", numberofemployees=12.5),
    *(_no_count(value) for value in ("many", "٣", "NaN", "Infinity", "0x10", "1,000", "=1+1")),
    _no_count(_BILLION_BILLION, numberofemployees=int(_BILLION_BILLION)),
    _money("0", 0),
    _money("0.004", 0),
    _money("-0.004", 0),
    _money("12.346", 12.35),
    _money("1000000000000", 1e12),
    _money("1000000000000.004", 1e12),
    holds("budget below", {"budget": "-0.01"}, Broken("budgetamount", "minimum", "-0.01", "0")),
    holds(
        "budget above",
        {"budget": "1000000000000.01"},
        Broken("budgetamount", "maximum", "1000000000000.01", "1000000000000"),
    ),
    holds(
        "budget far above",
        {"budget": "1e30"},
        Broken("budgetamount", "maximum", "1" + "0" * 30, "1000000000000"),
    ),
    holds("budget in crowns", {"budget": "100 kr"}, _no("budgetamount", "number", "100 kr")),
    takes("latitude of the pole", {"latitude": "90"}, address1_latitude=90),
    takes("latitude rounded", {"latitude": "-90.000004"}, address1_latitude=-90),
    holds(
        "latitude past the pole",
        {"latitude": "90.00001"},
        Broken("address1_latitude", "maximum", "90.00001", "90"),
    ),
)


def _day(value: str, stored: str) -> BadRow:
    return takes(f"closing {value!r}", {"closing": value}, estimatedclosedate=stored)


def _moment(value: str, stored: str) -> BadRow:
    return takes(f"follow-up {value!r}", {"followUp": value}, schedulefollowup_prospect=stored)


def _early(field: str, column: str, value: str, shown: str) -> BadRow:
    return holds(f"{field} {value!r}", {field: value}, Broken(column, "minimum", shown, _EARLIEST))


def _no_moment(value: str) -> BadRow:
    broken = _no("schedulefollowup_prospect", "date and time", value)
    return holds(f"follow-up {value!r}", {"followUp": value}, broken)


_CLOSING, _FOLLOW_UP = "estimatedclosedate", "schedulefollowup_prospect"
DATES = (
    _day("1753-01-01", "1753-01-01"),
    _day("9999-12-31", "9999-12-31"),
    _day("2024-02-29", "2024-02-29"),
    _day("2025-06-30T23:00:00-05:00", "2025-06-30"),
    _early("closing", _CLOSING, "1752-12-31", "1752-12-31"),
    _early("closing", _CLOSING, "0001-01-01", "0001-01-01"),
    *(
        holds(f"closing {bad!r}", {"closing": bad}, _no(_CLOSING, "date", bad))
        for bad in (
            "2025-02-29",
            "2025-13-01",
            "0000-01-01",
            "31/12/2025",
            "tomorrow",
            "2025-W01-1",
        )
    ),
    _moment("1753-01-01T00:00:00Z", "1753-01-01T00:00:00Z"),
    _moment("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    _moment("2025-10-26T02:30:00.999+02:00", "2025-10-26T00:30:00Z"),
    _early("followUp", _FOLLOW_UP, "1752-12-31T23:59:59Z", "1752-12-31T23:59:59Z"),
    _early("followUp", _FOLLOW_UP, "1753-01-01T00:30:00+01:00", "1752-12-31T23:30:00Z"),
    *map(_no_moment, ("9999-12-31T23:59:59-01:00", "2025-02-30T10:00:00Z", "2025-01-01T25:00:00Z")),
    _no_moment("now"),
)


def _source(value: str, code: int) -> BadRow:
    return takes(f"source {value!r}", {"leadSource": value}, leadsourcecode=code)


def _no_source(value: str, **bare: Any) -> BadRow:
    broken = Broken("leadsourcecode", "option", value, _SOURCES)
    return holds(f"source {value!r}", {"leadSource": value}, broken, **bare)


def _no_colours(value: str, **bare: Any) -> BadRow:
    broken = Broken("new_colours", "option", value, str(COLOUR_CODES))
    return holds(f"colours {value!r}", {"colours": value}, broken, **bare)


CHOICES = (
    _source("Web", 8),
    _source(" word  OF mouth", 9),
    _no_source("Webinar 2025"),
    _no_source("Web;Seminar"),
    _no_source("8", leadsourcecode="8"),
    _no_source("11", leadsourcecode=11),
    holds(
        "quality unknown",
        {"rating": "Boiling"},
        Broken("leadqualitycode", "option", "Boiling", _QUALITIES),
    ),
    takes("colours as a set", {"colours": "Blue;Red"}, new_colours="1,3"),
    takes("colours twice", {"colours": "Red;red; Red"}, new_colours="1"),
    takes("no colours", {"colours": ";"}, new_colours=None),
    _no_colours("Red;Pink", new_colours="1,4"),
    _no_colours("Red,Blue"),
    takes("a fax yes", {"noFax": "TRUE"}, donotfax=True),
    takes("a fax no", {"noFax": "0"}, donotfax=False),
    holds("a fax maybe", {"noFax": "maybe"}, _no("donotfax", "yes/no value", "maybe")),
)
TOGETHER = (
    takes(
        "all at their limits",
        {
            "firstName": "🙂" * 25,
            "lastName": "L" * 50,
            "mktoPersonNotes": "n" * 2000,
            "headcount": "1000000",
            "budget": "1000000000000",
            "closing": "1753-01-01",
            "colours": "Red;Green;Blue",
        },
        firstname="🙂" * 25,
        lastname="L" * 50,
        description="n" * 2000,
        numberofemployees=1_000_000,
        budgetamount=1e12,
        estimatedclosedate="1753-01-01",
        new_colours="1,2,3",
    ),
    holds(
        "all broken at once",
        {
            "firstName": "x" * 51,
            "lastName": None,
            "otherEmail": "foo@@bar",
            "headcount": "-1",
            "budget": "100 kr",
            "closing": "2025-02-29",
            "leadSource": "Webinar 2025",
            "noFax": "maybe",
        },
        _long("firstname", "x" * 51, 50),
        Broken("lastname", "required", None, None),
        _format("emailaddress2", "Email", "foo@@bar"),
        Broken("numberofemployees", "minimum", "-1", "0"),
        _no("budgetamount", "number", "100 kr"),
        _no(_CLOSING, "date", "2025-02-29"),
        Broken("leadsourcecode", "option", "Webinar 2025", _SOURCES),
        _no("donotfax", "yes/no value", "maybe"),
    ),
    holds(
        "one bad among good ones",
        {"firstName": "Eva", "headcount": "7", "closing": "0001-01-01"},
        Broken(_CLOSING, "minimum", "0001-01-01", _EARLIEST),
    ),
)
ROWS_OF_MARKETO = (
    *REQUIRED,
    *LENGTHS,
    *HOSTILE,
    *FORMATS,
    *NUMBERS,
    *DATES,
    *CHOICES,
    *TOGETHER,
)
