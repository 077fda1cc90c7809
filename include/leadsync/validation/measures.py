"""Turns cells into numbers that expectations can judge: presence, length, code, value, ...

Expectations skip null, which is how an absent, null or invalid cell escapes the rules that do not
concern it. A frame of numbers alone also costs Great Expectations a fraction of what text costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadsync.validation.formats import FORMATS
from leadsync.validation.model import Operation, Rule
from leadsync.values.limits import utf16_units
from leadsync.values.marks import ABSENT, INVALID
from leadsync.values.option import SEPARATOR

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

GOOD = 1.0
_BAD = 0.0
_NO_CODE = np.inf


def measure_name(rule: Rule) -> str:
    """Return the column of the measured frame that ``rule`` judges."""
    kind = "number" if rule.kind in ("minimum", "maximum") else rule.kind
    return f"{rule.field} {kind}"


@dataclass(frozen=True)
class Column:
    """The cells of one field, measured on demand."""

    text: pd.Series[str]
    operation: Operation

    def measure(self, rule: Rule) -> Numbers:
        """Return the numbers that ``rule`` is about; NaN where it does not apply."""
        match rule.kind:
            case "required":
                return self._where(~self._missing, _constant(self.text, GOOD))
            case "type":
                return self._where(self._written & self._invalid, _constant(self.text, _BAD))
            case "option":
                return self._codes(cast(tuple[str, ...], rule.limit))
            case "max_length":
                return self._where(self._valid, _floats(self.text.str.len()))
            case "max_units":
                return self._units(cast(int, rule.limit))
            case "max_bytes":
                return self._octets()
            case "format":
                return self._formats(str(rule.limit))
            case _:
                return self._days() if isinstance(rule.limit, str) else self._numbers()

    @cached_property
    def _null(self) -> Mask:
        return self.text.isna().to_numpy(dtype=bool)

    @cached_property
    def _absent(self) -> Mask:
        return self.text.eq(ABSENT).to_numpy(dtype=bool, na_value=False)

    @cached_property
    def _invalid(self) -> Mask:
        return self.text.str.startswith(INVALID, na=False).to_numpy(dtype=bool)

    @cached_property
    def _written(self) -> Mask:
        return ~(self._null | self._absent)

    @cached_property
    def _valid(self) -> Mask:
        return self._written & ~self._invalid

    @property
    def _missing(self) -> Mask:
        return self._null | self._absent if self.operation == "create" else self._null

    def _where(self, applies: Mask, numbers: Numbers) -> Numbers:
        return np.where(applies, numbers, np.nan)

    def _filled(self, applies: Mask, numbers: Sequence[float] | Numbers) -> Numbers:
        result = np.full(len(self.text), np.nan)
        result[applies] = numbers
        return result

    def _units(self, limit: int) -> Numbers:
        """Return UTF-16 code units; where characters alone decide about ``limit``, characters."""
        result = self._where(self._valid, _floats(self.text.str.len()))
        undecided = (result <= limit) & (result * 2 > limit)
        result[undecided] = [utf16_units(value) for value in self.text[undecided].tolist()]
        return result

    def _octets(self) -> Numbers:
        values = self.text[self._valid].tolist()
        return self._filled(self._valid, [len(value.encode()) for value in values])

    def _formats(self, name: str) -> Numbers:
        is_valid, _ = FORMATS[name]
        values = self.text[self._valid].tolist()
        return self._filled(self._valid, [GOOD if is_valid(value) else _BAD for value in values])

    def _numbers(self) -> Numbers:
        return self._filled(self._valid, _floats(pd.to_numeric(self.text[self._valid])))

    def _days(self) -> Numbers:
        return self._filled(self._valid, _floats(day_number(self.text[self._valid])))

    def _codes(self, known: tuple[str, ...]) -> Numbers:
        """Return each cell's code, or of several the first unknown one."""
        distinct = {cell: _code(cell, known) for cell in self.text[self._written].unique()}
        codes = self.text[self._written].map(distinct)
        return self._filled(self._written, _floats(codes))


def _constant(text: pd.Series[str], number: float) -> Numbers:
    return np.full(len(text), number)


def day_number(dates: pd.Series[str]) -> pd.Series[Any]:
    """Return dates and instants as numbers such as 20251026."""
    return pd.to_numeric(dates.str.slice(0, 10).str.replace("-", "", regex=False))


def _code(cell: str, known: tuple[str, ...]) -> float:
    codes = cell.split(SEPARATOR)
    return float(codes[0]) if set(codes) <= set(known) else _NO_CODE


def _floats(series: pd.Series[Any]) -> Numbers:
    return series.to_numpy(dtype=np.float64, na_value=np.nan)
