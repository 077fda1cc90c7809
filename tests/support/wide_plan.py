"""A plan with a field of every kind, and cells that are likely to break its rules."""

from __future__ import annotations

from typing import Any

from leadsync.mapping.model import Mapping
from leadsync.mapping.plan import SyncPlan
from leadsync.mapping.resolve import resolve
from leadsync.model import OptionValue
from leadsync.values.marks import ABSENT, invalid
from support.fields import column, marketo
from support.reference_schemas import SCHEMAS, with_column

_COLOURS = column(
    "new_colours",
    "MultiSelectPicklist",
    options=(OptionValue(1, "Red"), OptionValue(3, "Blue"), OptionValue(823270000, "Green")),
)
_STARTED = column("new_started", "DateTime", date_behavior="UserLocal")
_SCHEMAS = with_column(
    with_column(SCHEMAS, "lead", "new_colours", _COLOURS), "lead", "new_started", _STARTED
)
WIDE_SCHEMAS = type(_SCHEMAS)(
    {
        **_SCHEMAS.marketo,
        "colours": marketo("colours"),
        "started": marketo("started", "datetime"),
        "employees": marketo("employees", "integer"),
        "share": marketo("share", "percent"),
        "site": marketo("site", "url", length=255),
    },
    _SCHEMAS.dynamics,
)
ENTRIES: tuple[dict[str, Any], ...] = (
    {"marketo": "firstName", "lead": "firstname", "on_invalid": "truncate"},
    {"marketo": "lastName", "lead": "lastname"},
    {"marketo": "email", "lead": "emailaddress1"},
    {"marketo": "phone", "lead": "telephone1", "on_invalid": "hold_field"},
    {"marketo": "site", "lead": "websiteurl"},
    {"marketo": "mktoPersonNotes", "lead": "description", "on_invalid": "truncate"},
    {"marketo": "doNotCall", "lead": "donotphone"},
    {"marketo": "leadSource", "lead": "leadsourcecode", "on_invalid": "hold_field"},
    {"marketo": "colours", "lead": "new_colours"},
    {"marketo": "annualRevenue", "lead": "revenue"},
    {"marketo": "employees", "lead": "numberofemployees"},
    {"marketo": "started", "lead": "new_started"},
    {"marketo": "company", "lead": "companyname", "default_on_create": "[unknown]"},
)
#: cells by field: valid ones, ones at a limit, ones beyond it; marks are added to all.
CELLS: dict[str, tuple[str, ...]] = {
    "firstName": ("Ann", "x" * 50, "x" * 51, "🚀" * 50, "🚀" * 51, "é" * 255, "é" * 256, " "),
    "lastName": ("Berg", "y" * 50, "y" * 51),
    "email": ("a@b.com", "foo@@bar", "jörg@exämple.com", "a@b", " a@b.com ", "", "x" * 300),
    "phone": ("+46 8 1", "n/a", "٠١٢", "1\n2", "5" * 51),
    "site": ("https://x.com/a?b", "x.com", "no url", "ftp://", "mailto:a@b.com"),
    "mktoPersonNotes": ("note", "å" * 2000, "å" * 2001, "å" * 15_001, "z" * 30_000),
    "doNotCall": ("true", "false"),
    "leadSource": ("8", "10", "99"),
    "colours": ("1", "1;3", "3;823270000", "1;2", "4"),
    "annualRevenue": ("0", "-0.01", "100000000000000", "100000000000000.02", "12.5"),
    "employees": ("0", "1000000", "1000001", "-1", "2147483648", "-2147483649"),
    "started": ("1753-01-01T00:00:00Z", "1752-12-31T23:59:59Z", "2025-10-26T00:30:00Z"),
    "company": ("Contoso", "c" * 100, "c" * 101),
}
MARKS: tuple[str | None, ...] = (None, ABSENT, invalid("raw"), invalid(["list"]))


def wide_plan() -> SyncPlan:
    """The lead plan over all entries."""
    return resolve(Mapping.model_validate({"fields": ENTRIES}), WIDE_SCHEMAS)


def cells_of(rows: list[dict[str, str | None]]) -> dict[str, list[str | None]]:
    """Cells for every field; what a row lacks is absent."""
    return {name: [row.get(name, ABSENT) for row in rows] for name in CELLS}
