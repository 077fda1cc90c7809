"""Booleans: ``true`` or ``false``; null in Dynamics reads as the mapping says (S064)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from leadsync.values.marks import invalid
from leadsync.values.raw import clean

TRUE = "true"
FALSE = "false"
_WORDS = {"": FALSE, "true": TRUE, "false": FALSE, "1": TRUE, "0": FALSE, "yes": TRUE, "no": FALSE}


def _read_word(raw: str) -> str | None:
    return _WORDS.get(clean(raw).strip().casefold())


def canonical_boolean(raw: object, null: bool = False) -> str:
    """Return ``true`` or ``false``; Marketo's activity log writes them as text or as 1 and 0.

    :param null: what null stands for.
    """
    if raw is None:
        return TRUE if null else FALSE
    if isinstance(raw, bool):
        return TRUE if raw else FALSE
    word = str(raw) if isinstance(raw, int) and raw in (0, 1) else raw
    read = _read_word(word) if isinstance(word, str) else None
    return read or invalid(raw)


@dataclass(frozen=True, slots=True)
class BooleanConverter:
    """A Boolean on both sides; unset in Marketo is false.

    :param null: what null in Dynamics stands for.
    """

    null: bool = False

    def from_marketo(self, raw: object) -> str | None:
        return canonical_boolean(raw)

    def from_dynamics(self, raw: object) -> str | None:
        return canonical_boolean(raw, self.null)

    def to_marketo(self, value: str | None) -> bool:
        return value == TRUE

    def to_dynamics(self, value: str | None) -> bool:
        return value == TRUE


@dataclass(frozen=True, slots=True)
class LabelledBooleanConverter:
    """A Boolean column whose Marketo field is text and holds the label of the choice.

    :param former: labels that the choices had before, casefolded, with what they stand for (S061).
    :param null: what null stands for, on both sides.
    """

    true_label: str = "Yes"
    false_label: str = "No"
    former: Mapping[str, str] = field(default_factory=dict)
    null: bool = False

    def from_marketo(self, raw: object) -> str | None:
        if isinstance(raw, str):
            word = clean(raw).strip().casefold()
            if word == self.true_label.casefold():
                return TRUE
            if word == self.false_label.casefold():
                return FALSE
            if word in self.former:
                return self.former[word]
        return canonical_boolean(None if raw == "" else raw, self.null)

    def from_dynamics(self, raw: object) -> str | None:
        return canonical_boolean(raw, self.null)

    def to_marketo(self, value: str | None) -> str:
        return self.true_label if value == TRUE else self.false_label

    def to_dynamics(self, value: str | None) -> bool:
        return value == TRUE
