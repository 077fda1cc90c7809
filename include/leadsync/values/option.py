"""Choices: the code as canonical text, labels on the Marketo side (S059 to S063)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from leadsync.model import OptionValue
from leadsync.values.marks import invalid
from leadsync.values.number import parse_number
from leadsync.values.raw import clean

SEPARATOR = ";"


@dataclass(frozen=True)
class OptionTable:
    """The values of a choice column, found by code or by label.

    :param options: the values that the column has now.
    :param former: values under labels they had before; still understood, never written (S061).
    :param unknown: the value that stands for labels that the column does not have (S059).
    """

    options: tuple[OptionValue, ...]
    former: tuple[OptionValue, ...] = ()
    unknown: str | None = None

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Label by code; a value without a label goes by its code."""
        return {str(option.value): label_of(option) for option in self.options}

    @cached_property
    def _exact(self) -> Mapping[str, str]:
        known = {label_of(o): str(o.value) for o in self.former if str(o.value) in self.labels}
        return known | {label: code for code, label in self.labels.items()}

    @cached_property
    def _folded(self) -> Mapping[str, str | None]:
        return _unambiguous((fold(label), code) for label, code in self._exact.items())

    def code(self, label: str) -> str | None:
        """Return the code for a label: exact first, then without case and extra blanks (S060)."""
        text = clean(label)
        return self._exact.get(text) or self._folded.get(fold(text)) or self.unknown

    def label(self, code: str) -> str:
        """Return the label of a code; a code that the column has lost stands for itself."""
        return self.labels.get(code, code)

    def known_code(self, raw: object) -> str | None:
        """Return the code that ``raw`` is, if the column has it."""
        number = parse_number(raw)
        if number is None or number != number.to_integral_value():
            return None
        code = str(int(number))
        return code if code in self.labels else None


def label_of(option: OptionValue) -> str:
    """Return the label as it is compared and written."""
    return clean(option.label) or str(option.value)


def fold(label: str) -> str:
    """Return a label without case and with single blanks."""
    return " ".join(label.split()).casefold()


def duplicate_labels(options: Iterable[OptionValue]) -> dict[str, tuple[int, ...]]:
    """Return the labels that several values share, with those values (S062)."""
    codes: dict[str, list[int]] = {}
    for option in options:
        codes.setdefault(label_of(option), []).append(option.value)
    return {label: tuple(values) for label, values in codes.items() if len(values) > 1}


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for key, code in pairs:
        found[key] = code if found.get(key, code) == code else None
    return found


@dataclass(frozen=True, slots=True)
class OptionConverter:
    """A choice, state or status column.

    :param marketo_code: the Marketo field is a number and holds the code itself.
    """

    table: OptionTable
    marketo_code: bool = False

    def from_marketo(self, raw: object) -> str | None:
        if self.marketo_code:
            return self.from_dynamics(raw)
        if raw is None or (isinstance(raw, str) and not clean(raw)):
            return None
        return (self.table.code(raw) if isinstance(raw, str) else None) or invalid(raw)

    def from_dynamics(self, raw: object) -> str | None:
        if raw is None or raw == "":
            return None
        return self.table.known_code(raw) or invalid(raw)

    def to_marketo(self, value: str | None) -> str | int | None:
        if value is None:
            return None
        return int(value) if self.marketo_code else self.table.label(value)

    def to_dynamics(self, value: str | None) -> int | None:
        return None if value is None else int(value)


@dataclass(frozen=True, slots=True)
class MultiOptionConverter:
    """A multi-select column: a set of codes, compared as a set (S063)."""

    table: OptionTable

    def from_marketo(self, raw: object) -> str | None:
        if raw is None:
            return None
        if not isinstance(raw, str):
            return invalid(raw)
        labels = [part.strip() for part in clean(raw).split(SEPARATOR)]
        return _joined((self.table.code(label) for label in labels if label), raw)

    def from_dynamics(self, raw: object) -> str | None:
        if raw is None:
            return None
        if not isinstance(raw, str):
            return self.table.known_code(raw) or invalid(raw)
        codes = [part.strip() for part in clean(raw).split(",")]
        return _joined((self.table.known_code(code) for code in codes if code), raw)

    def to_marketo(self, value: str | None) -> str | None:
        if value is None:
            return None
        return SEPARATOR.join(map(self.table.label, value.split(SEPARATOR)))

    def to_dynamics(self, value: str | None) -> str | None:
        return None if value is None else value.replace(SEPARATOR, ",")


def _joined(codes: Iterable[str | None], raw: object) -> str | None:
    unique: set[int] = set()
    for code in codes:
        if code is None:
            return invalid(raw)
        unique.update(map(int, code.split(SEPARATOR)))
    return SEPARATOR.join(map(str, sorted(unique))) or None
