"""The form in which canonical values are compared: normalisers and truncation (S043, S057)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Literal, get_args

import phonenumbers

from leadsync.mapping.plan import OnInvalidByRule, policy_of
from leadsync.model import DynamicsColumn, MarketoField
from leadsync.values.boolean import FALSE
from leadsync.values.limits import TextLimits, cut, field_limits
from leadsync.values.marks import is_marked

Normaliser = Literal["trim", "casefold", "collapse_spaces", "phone", "email"]
NORMALISERS: tuple[Normaliser, ...] = get_args(Normaliser)
Comparable = Callable[[str | None], str | None]


def build_comparable(
    field: MarketoField,
    column: DynamicsColumn,
    normalise: Sequence[Normaliser] = (),
    on_invalid: OnInvalidByRule = "hold_record",
) -> Comparable:
    """Return the function from canonical value to the form that is compared.

    Under ``truncate`` both sides are compared at the shorter side's length, so that the cut copy
    causes no echo. The marks for absent and invalid pass through.
    """
    steps: list[Callable[[str], str]] = []
    limits = _cut_at(field, column, on_invalid)
    if any(limits):
        steps.append(lambda value: cut(value, limits))
    steps.extend(_STEPS[name] for name in normalise)
    null = FALSE if column.type == "Boolean" else None
    return _pipeline(steps, null) if steps or null else _identity


def _cut_at(field: MarketoField, column: DynamicsColumn, on_invalid: OnInvalidByRule) -> TextLimits:
    """Return the limits at which values are cut."""
    characters, units, octets = field_limits(field, column)
    by_length = policy_of(on_invalid, "max_length") == "truncate"
    by_bytes = policy_of(on_invalid, "max_bytes") == "truncate"
    return TextLimits(
        characters if by_length else None,
        units if by_length else None,
        octets if by_bytes else None,
    )


def _identity(value: str | None) -> str | None:
    return value


def _pipeline(steps: Sequence[Callable[[str], str]], null: str | None) -> Comparable:
    def compare(value: str | None) -> str | None:
        if value is None:
            return null
        if is_marked(value):
            return value
        for step in steps:
            value = step(value)
        return value or null

    return compare


def _trim(value: str) -> str:
    return value.strip()


def _casefold(value: str) -> str:
    folded = unicodedata.normalize("NFD", value).casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", folded).casefold())


def _collapse_spaces(value: str) -> str:
    return " ".join(value.split())


def _email(value: str) -> str:
    return _casefold(value.strip())


def _phone(value: str) -> str:
    """Return E.164 where the number is international, else its digits and letters."""
    text = value.strip()
    international = f"+{text[2:]}" if text.startswith("00") else text
    try:
        number = phonenumbers.parse(international, None)
    except phonenumbers.NumberParseException:
        return "".join(filter(str.isalnum, text)).casefold() or text
    written: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{written};ext={number.extension}" if number.extension else written


_STEPS: dict[Normaliser, Callable[[str], str]] = {
    "trim": _trim,
    "casefold": _casefold,
    "collapse_spaces": _collapse_spaces,
    "phone": _phone,
    "email": _email,
}
