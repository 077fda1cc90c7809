"""A column of canonical texts in Arrow, and what is measured on all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from leadsync.validation.formats import Format
from leadsync.values.limits import utf16_units
from leadsync.values.marks import ABSENT

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_TEXT = pa.large_string()
_PRINTABLE = "^[ -~]*$"
_MARK = "\0"


class Texts:
    """The cells of one field, told apart by their marks (docs/architecture.md, Values)."""

    def __init__(self, cells: Sequence[str | None]) -> None:
        self._cells = pa.array(cells, type=_TEXT)

    def __len__(self) -> int:
        return len(self._cells)

    @cached_property
    def null(self) -> Mask:
        """Where the value is null."""
        return _mask(self._cells.is_null())

    @cached_property
    def absent(self) -> Mask:
        """Where nothing is written."""
        return _mask(pc.equal(self._cells, ABSENT))

    @cached_property
    def invalid(self) -> Mask:
        """Where a raw value has no canonical form."""
        return self._marked & ~self.absent

    @cached_property
    def valid(self) -> Mask:
        """Where there is a value in canonical form."""
        return ~(self.null | self._marked)

    @cached_property
    def _marked(self) -> Mask:
        return _mask(pc.starts_with(self._cells, pattern=_MARK))

    @cached_property
    def _values(self) -> Any:
        """The valid cells; null in the place of all others."""
        if self.valid.all():
            return self._cells
        return pc.if_else(pa.array(self.valid), self._cells, pa.scalar(None, _TEXT))

    def characters(self) -> Numbers:
        """Return the number of characters of the valid cells, NaN for others."""
        return _floats(pc.utf8_length(self._values))

    def octets(self) -> Numbers:
        """Return the number of bytes in UTF-8."""
        return _floats(pc.binary_length(self._values))

    def units(self, limit: int) -> Numbers:
        """Return UTF-16 code units; where characters alone decide about ``limit``, characters."""
        result = self.characters()
        undecided = (result <= limit) & (result * 2 > limit) & (result != self.octets())
        places = np.flatnonzero(undecided)
        result[places] = [utf16_units(value) for value in self._values.take(places).to_pylist()]
        return result

    def numbers(self) -> Numbers:
        """Return the valid cells as numbers."""
        return _floats(pc.cast(self._values, pa.float64()))

    def days(self) -> Numbers:
        """Return dates and instants as numbers such as 20251026."""
        days = pc.utf8_slice_codeunits(self._values, 0, 10)
        return _floats(pc.cast(pc.replace_substring(days, "-", ""), pa.float64()))

    def matching(self, form: Format) -> Mask:
        """Return where a valid cell has the format: by pattern where one decides, else singly."""
        sure = _mask(pc.match_substring_regex(self._values, form.sure))
        if form.longest_sure is not None:
            sure &= np.nan_to_num(self.characters()) <= form.longest_sure
        places = np.flatnonzero(self.valid & ~sure)
        if len(places):
            rest = self._values.take(places)
            hopeless = _mask(pc.match_substring_regex(rest, _PRINTABLE)) & ~_mask(
                pc.match_substring_regex(rest, form.possible)
            )
            open_places = places[~hopeless]
            values = self._values.take(open_places).to_pylist()
            sure[open_places] = [form.is_valid(value) for value in values]
        return sure

    def coded(self, code: Callable[[str], float], invalid: float) -> Numbers:
        """Return what ``code`` makes of each valid cell, and ``invalid`` for invalid ones."""
        encoded = self._values.dictionary_encode()
        codes = np.array([code(value) for value in encoded.dictionary.to_pylist()], np.float64)
        result = np.full(len(self), np.nan)
        places = np.flatnonzero(self.valid)
        result[places] = codes[encoded.indices.take(places).to_numpy(zero_copy_only=False)]
        result[self.invalid] = invalid
        return result

    def constant(self, applies: Mask, number: float) -> Numbers:
        """Return ``number`` where it applies, NaN for other cells."""
        return np.where(applies, number, np.nan)


def _mask(array: Any) -> Mask:
    filled = array.fill_null(False) if array.null_count else array
    mask: Mask = filled.to_numpy(zero_copy_only=False)
    return mask


def _floats(array: Any) -> Numbers:
    numbers: Numbers = pc.cast(array, pa.float64()).to_numpy(zero_copy_only=False)
    return numbers if numbers.flags.writeable else numbers.copy()
