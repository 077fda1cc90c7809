"""Columns of typed values for the team's expectations: what the target gets, field by field.

Text is text, numbers are numbers, yes/no is a bool, a date a ``date``, an instant a timestamp in
UTC, a choice its code in Dynamics and its label in Marketo. Derived columns follow a blank:
``leadsourcecode label``, ``telephone1 e164``, ``emailaddress1 address``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pandas as pd
import phonenumbers
from email_validator import EmailNotValidError, validate_email

from leadsync.mapping.plan import FieldPlan
from leadsync.model import System
from leadsync.values.build import dynamics_family, marketo_family
from leadsync.values.marks import is_marked
from leadsync.values.option import SEPARATOR, label_of

Cell = str | None


def base_name(column: str) -> str:
    """Return the field's or column's name of a value column: without what it derives."""
    name, _, derived = column.rpartition(" ")
    return name if derived in _DERIVED else column


def value_column(
    column: str, field: FieldPlan, target: System, cells: Sequence[Cell]
) -> pd.Series[Any]:
    """Return the values of a column by its name; missing where there is no valid value."""
    derived = column.rpartition(" ")[2]
    valid = [None if cell is None or is_marked(cell) else cell for cell in cells]
    if column != base_name(column):
        derive = _DERIVED[derived](field)
        texts = [None if cell is None else derive(cell) for cell in valid]
        return pd.Series(texts, dtype="str")
    return _typed(field, target, valid)


def _typed(field: FieldPlan, target: System, cells: Sequence[Cell]) -> pd.Series[Any]:
    family = marketo_family(field.field) if target == "marketo" else dynamics_family(field.column)
    write = field.converter.to_marketo if target == "marketo" else field.converter.to_dynamics
    values = [None if cell is None else write(cell) for cell in cells]
    if family in ("integer", "decimal", "option"):
        return pd.Series(pd.to_numeric(pd.Series(values, dtype="object")), dtype="float64")
    if family == "instant":
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="str"), utc=True))
    if family == "date":
        dates = [None if value is None else date.fromisoformat(str(value)[:10]) for value in values]
        return pd.Series(dates, dtype="object")
    if family == "boolean":
        return pd.Series(values, dtype="object")
    return pd.Series(values, dtype="str")


def _labels(field: FieldPlan) -> Callable[[str], str]:
    labels = {str(option.value): label_of(option) for option in field.column.options}

    def label(cell: str) -> str:
        return SEPARATOR.join(labels.get(code, code) for code in cell.split(SEPARATOR))

    return label


def _numbers(_field: FieldPlan) -> Callable[[str], Cell]:
    return phone_number


def _addresses(_field: FieldPlan) -> Callable[[str], Cell]:
    return address


def phone_number(cell: str) -> Cell:
    """Return a possible international number in E.164, or nothing."""
    text = cell.strip()
    try:
        number = phonenumbers.parse(f"+{text[2:]}" if text.startswith("00") else text, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    written: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written


def address(cell: str) -> Cell:
    """Return an e-mail address in the form that mail servers compare, or nothing."""
    try:
        found = validate_email(cell.strip(), check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return None
    return found.normalized.lower()


_DERIVED: dict[str, Callable[[FieldPlan], Callable[[str], Cell]]] = {
    "label": _labels,
    "e164": _numbers,
    "address": _addresses,
}
