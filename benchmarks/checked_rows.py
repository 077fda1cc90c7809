"""100,000 records of 30 fields under 40 rules, with a given share of records that break some."""

from __future__ import annotations

import random

import pandas as pd

from leadsync.mapping.model import Mapping
from leadsync.mapping.plan import SyncPlan
from leadsync.mapping.resolve import resolve
from leadsync.model import (
    MARKETO_OWN_FIELDS,
    DynamicsColumn,
    DynamicsTable,
    MarketoField,
    OptionValue,
    Schemas,
)
from leadsync.validation.generate import rules_for
from leadsync.validation.model import RuleSet
from leadsync.values.marks import INVALID

TEXTS = {f"text{n}": 40 + 10 * n for n in range(12)}
REQUIRED = {"lastname": 50, "companyname": 100}
FORMATS = {"emailaddress1": "Email", "telephone1": "Phone", "mobilephone": "Phone", "site": "Url"}
CHOICES = ("source", "quality", "industry")
MULTIPLE = "colours"
YES_OR_NO = ("donotphone", "donotbulkemail")
NUMBERS = {"employees": (0, 1000), "children": (0, 20), "revenue": (0, 1e9), "budget": (0, 1e6)}
DATES = ("started", "born")
CODES = tuple(range(1, 11))
_OPTIONS = tuple(OptionValue(code, f"Option {code}") for code in CODES)
_GOOD = {
    "emailaddress1": "anna.berg{n}@example.com",
    "telephone1": "+46 8 123 {n}",
    "mobilephone": "+46 70 {n}",
    "site": "https://example.com/{n}",
    "started": "2025-10-26T00:30:00Z",
    "born": "1990-05-17",
    "colours": "1;3",
}
_BAD = {
    "emailaddress1": "foo@@bar{n}",
    "telephone1": "no number",
    "mobilephone": "none",
    "site": "no site",
    "started": "1700-01-01T00:00:00Z",
    "born": "1752-12-31",
    "colours": "1;99",
}


def rules() -> RuleSet:
    """Return the rules for creating such leads."""
    return rules_for(_plan(), "lead", "dynamics", "create")


def rows(number: int, failing: float, seed: int = 0) -> pd.DataFrame:
    """Return canonical values; ``failing`` of the records have one to three bad cells."""
    generator = random.Random(seed)  # noqa: S311 - reproducible, nothing secret
    names = [column.name for column in _columns()]
    cells: dict[str, list[str | None]] = {
        name: [_good(name, n) for n in range(number)] for name in names
    }
    for record in range(number):
        if generator.random() < failing:
            for name in generator.sample(names, generator.randint(1, 3)):
                cells[name][record] = _bad(name, record)
    return pd.DataFrame({name: pd.Series(column, dtype="str") for name, column in cells.items()})


def _good(name: str, number: int) -> str:
    if name in NUMBERS:
        return str(number % 20)
    if name in CHOICES:
        return str(CODES[number % 10])
    if name in YES_OR_NO:
        return "true" if number % 2 else "false"
    return _GOOD.get(name, "Anna {n}").format(n=number)


def _bad(name: str, number: int) -> str | None:
    if name in REQUIRED:
        return None
    if name in TEXTS:
        return "\N{ROCKET}" * TEXTS[name] if number % 7 == 0 else "x" * 200
    if name in NUMBERS:
        return "-1" if number % 2 else "99999999999"
    if name in CHOICES or name in YES_OR_NO:
        return f"{INVALID}unknown"
    return _BAD[name].format(n=number)


def _columns() -> list[DynamicsColumn]:
    return [
        *(DynamicsColumn(name, name, "String", max_length=most) for name, most in TEXTS.items()),
        *(
            DynamicsColumn(name, name, "String", "ApplicationRequired", max_length=most)
            for name, most in REQUIRED.items()
        ),
        *(
            DynamicsColumn(name, name, "String", max_length=200, format=form)
            for name, form in FORMATS.items()
        ),
        *(DynamicsColumn(name, name, "Picklist", options=_OPTIONS) for name in CHOICES),
        DynamicsColumn(MULTIPLE, MULTIPLE, "MultiSelectPicklist", options=_OPTIONS),
        *(DynamicsColumn(name, name, "Boolean") for name in YES_OR_NO),
        *(
            DynamicsColumn(name, name, "Decimal", minimum=low, maximum=high, precision=2)
            for name, (low, high) in NUMBERS.items()
        ),
        DynamicsColumn("started", "started", "DateTime", date_behavior="UserLocal"),
        DynamicsColumn("born", "born", "DateTime", date_behavior="DateOnly"),
    ]


def _plan() -> SyncPlan:
    columns = [*_columns(), DynamicsColumn("new_marketoid", "Marketo id", "Integer")]
    table = DynamicsTable("lead", "leads", "leadid", {one.name: one for one in columns})
    kinds = {"Boolean": "boolean", "Decimal": "float"}
    fields = {
        one.name: MarketoField(one.name, one.name, kinds.get(one.type, "string"))
        for one in _columns()
    }
    fields |= {"started": MarketoField("started", "started", "datetime")}
    fields |= {"born": MarketoField("born", "born", "date")}
    fields |= {name: MarketoField(name, name, "string") for name in MARKETO_OWN_FIELDS}
    entries = [{"marketo": one.name, "lead": one.name} for one in _columns()]
    mapping = Mapping.model_validate({"fields": entries})
    return resolve(mapping, Schemas(fields, {"lead": table}))
