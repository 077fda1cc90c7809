"""Numbers: plain decimal text without exponent and trailing zeros (semantics.md 6, S067, S068)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

from leadsync.values.marks import invalid
from leadsync.values.raw import clean

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_LARGEST_EXPONENT = 40
_WIDE = Context(prec=120, rounding=ROUND_HALF_EVEN)

#: decimal digits that a JSON number carries through both systems without loss (IEEE 754 double).
EXACT_DIGITS = 15


@dataclass(frozen=True, slots=True)
class NumberConverter:
    """A number on both sides, compared at ``places`` decimals and rounded half to even.

    Text on one side (``marketo_text``, ``dynamics_text``) holds the canonical form.

    :param whole: both sides are whole numbers, so a fraction is an error and not rounded (S068).
    """

    places: int
    whole: bool = False
    marketo_text: bool = False
    dynamics_text: bool = False

    def from_marketo(self, raw: object) -> str | None:
        return self._read(raw)

    def from_dynamics(self, raw: object) -> str | None:
        return self._read(raw)

    def to_marketo(self, value: str | None) -> str | int | float | None:
        return value if self.marketo_text else json_number(value)

    def to_dynamics(self, value: str | None) -> str | int | float | None:
        return value if self.dynamics_text else json_number(value)

    def _read(self, raw: object) -> str | None:
        if raw is None or (isinstance(raw, str) and not clean(raw).strip()):
            return None
        number = parse_number(raw)
        if number is None or (self.whole and number != number.to_integral_value()):
            return invalid(raw)
        return number_text(_rounded(number, self.places))


def parse_number(raw: object) -> Decimal | None:
    """Return the finite number that ``raw`` is or spells, or ``None``."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return _bounded(Decimal(raw))
    if isinstance(raw, float):
        return _bounded(Decimal(repr(raw))) if math.isfinite(raw) else None
    if isinstance(raw, str) and _NUMBER.fullmatch(text := clean(raw).strip()):
        return _bounded(Decimal(text))
    return None


def plain_number(raw: object) -> str | None:
    """Return a JSON number in plain decimal text, or ``None`` for anything else."""
    number = parse_number(raw) if isinstance(raw, int | float) else None
    return None if number is None else number_text(number)


def json_number(value: str | None) -> int | float | None:
    """Return canonical text as the number to send."""
    if value is None:
        return None
    return float(value) if "." in value else int(value)


def _bounded(number: Decimal) -> Decimal | None:
    return number if abs(number.adjusted()) <= _LARGEST_EXPONENT else None


def _rounded(number: Decimal, places: int) -> Decimal:
    """Round to ``places``, and to what a JSON number can carry, never touching whole digits."""
    whole_digits = max(number.adjusted() + 1, 0)
    kept = max(min(places, EXACT_DIGITS - whole_digits), 0)
    return number.quantize(Decimal(1).scaleb(-kept), context=_WIDE)


def number_text(number: Decimal) -> str:
    """Return a number in canonical form."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
