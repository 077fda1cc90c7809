"""Booleans: ``true`` or ``false``; null reads as ``false`` on both sides (S064)."""

from __future__ import annotations

from dataclasses import dataclass

from leadsync.values.marks import invalid
from leadsync.values.raw import clean

TRUE = "true"
FALSE = "false"
_WORDS = {"": FALSE, "true": TRUE, "false": FALSE, "1": TRUE, "0": FALSE, "yes": TRUE, "no": FALSE}


def _read_word(raw: str) -> str | None:
    return _WORDS.get(clean(raw).strip().casefold())


def canonical_boolean(raw: object) -> str:
    """Return ``true`` or ``false``; Marketo's activity log writes them as text or as 1 and 0."""
    if raw is None:
        return FALSE
    if isinstance(raw, bool):
        return TRUE if raw else FALSE
    word = str(raw) if isinstance(raw, int) and raw in (0, 1) else raw
    read = _read_word(word) if isinstance(word, str) else None
    return read or invalid(raw)


@dataclass(frozen=True, slots=True)
class BooleanConverter:
    """A Boolean on both sides."""

    def from_marketo(self, raw: object) -> str | None:
        return canonical_boolean(raw)

    def from_dynamics(self, raw: object) -> str | None:
        return canonical_boolean(raw)

    def to_marketo(self, value: str | None) -> bool:
        return value == TRUE

    def to_dynamics(self, value: str | None) -> bool:
        return value == TRUE


@dataclass(frozen=True, slots=True)
class LabelledBooleanConverter:
    """A Boolean column whose Marketo field is text and holds the label of the choice."""

    true_label: str = "Yes"
    false_label: str = "No"

    def from_marketo(self, raw: object) -> str | None:
        if isinstance(raw, str):
            word = clean(raw).strip().casefold()
            if word == self.true_label.casefold():
                return TRUE
            if word == self.false_label.casefold():
                return FALSE
        return canonical_boolean(raw)

    def from_dynamics(self, raw: object) -> str | None:
        return canonical_boolean(raw)

    def to_marketo(self, value: str | None) -> str:
        return self.true_label if value == TRUE else self.false_label

    def to_dynamics(self, value: str | None) -> bool:
        return value == TRUE
