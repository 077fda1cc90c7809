"""What a ``$filter`` says, parsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

LiteralKind: TypeAlias = Literal["string", "number", "guid", "date", "time", "boolean", "null"]


@dataclass(frozen=True, slots=True)
class Value:
    """A literal; ``content`` is text for strings, GUIDs, dates and times."""

    kind: LiteralKind
    content: Any


@dataclass(frozen=True, slots=True)
class Path:
    """A property, behind navigation properties where there are several names."""

    names: tuple[str, ...]

    @property
    def text(self) -> str:
        return "/".join(self.names)


Operand: TypeAlias = Value | Path


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left op right``, ``op`` one of ``eq ne gt ge lt le``."""

    op: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class TextTest:
    """``contains``, ``startswith`` or ``endswith``."""

    function: str
    path: Path
    value: str


@dataclass(frozen=True, slots=True)
class ServiceFunction:
    """A ``Microsoft.Dynamics.CRM.*`` condition with its named arguments."""

    name: str
    arguments: tuple[tuple[str, Any], ...]

    def argument(self, name: str) -> Any:
        """Return an argument, or ``None``."""
        return dict(self.arguments).get(name)


@dataclass(frozen=True, slots=True)
class Quantified:
    """``collection/any(x:...)`` or ``all``; ``condition`` is ``None`` for a bare ``any()``."""

    path: Path
    quantifier: str
    condition: Condition | None


@dataclass(frozen=True, slots=True)
class Not:
    """The negation of a condition."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Both:
    """Conditions joined by ``and`` or ``or``."""

    word: str
    conditions: tuple[Condition, ...]


Condition: TypeAlias = Comparison | TextTest | ServiceFunction | Quantified | Not | Both


def count_conditions(condition: Condition) -> int:
    """Return how many conditions count towards the limit of 500 (section 4.3)."""
    if isinstance(condition, Both):
        return sum(count_conditions(part) for part in condition.conditions)
    if isinstance(condition, Not):
        return count_conditions(condition.condition)
    if isinstance(condition, Quantified) and condition.condition is not None:
        return count_conditions(condition.condition)
    return 1
