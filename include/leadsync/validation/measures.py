"""Turns cells into numbers that expectations can judge: presence, length, code, value, ...

Expectations skip null, which is how an absent, null or invalid cell escapes the rules that do not
concern it. A frame of numbers alone also costs Great Expectations a fraction of what text costs.
"""

from __future__ import annotations

from typing import cast

import numpy as np

from leadsync.validation.formats import FORMATS
from leadsync.validation.model import Operation, Rule, RuleKind
from leadsync.validation.texts import Numbers, Texts
from leadsync.values.option import SEPARATOR

GOOD = 1.0
_BAD = 0.0
_NO_CODE = np.inf
_NAMES: dict[RuleKind, str] = {
    "required": "present",
    "type": "type",
    "option": "code",
    "max_length": "characters",
    "max_units": "UTF-16 units",
    "max_bytes": "bytes",
    "format": "format",
}


def measure_name(rule: Rule) -> str:
    """Return the column of the measured frame that ``rule`` judges."""
    bound = "day" if isinstance(rule.limit, str) else "number"
    return f"{rule.target} {_NAMES.get(rule.kind, bound)}"


def measured(texts: Texts, rule: Rule, operation: Operation) -> Numbers:
    """Return the numbers that ``rule`` is about, one per cell; NaN where it does not apply."""
    match rule.kind:
        case "required":
            missing = texts.null | texts.absent if operation == "create" else texts.null
            return texts.constant(~missing, GOOD)
        case "type":
            return texts.constant(texts.invalid, _BAD)
        case "option":
            known = frozenset(cast(tuple[str, ...], rule.limit))
            return texts.coded(lambda cell: _code(cell, known), _NO_CODE)
        case "max_length":
            return texts.characters()
        case "max_units":
            return texts.units(cast(int, rule.limit))
        case "max_bytes":
            return texts.octets()
        case "format":
            return _formats(texts, str(rule.limit))
        case _:
            return texts.days() if isinstance(rule.limit, str) else texts.numbers()


def _formats(texts: Texts, name: str) -> Numbers:
    good = np.where(texts.matching(FORMATS[name]), GOOD, _BAD)
    return np.where(texts.valid, good, np.nan)


def _code(cell: str, known: frozenset[str]) -> float:
    """Return the code, of several the first; infinity where one of them is unknown."""
    codes = cell.split(SEPARATOR)
    return float(codes[0]) if known.issuperset(codes) else _NO_CODE
