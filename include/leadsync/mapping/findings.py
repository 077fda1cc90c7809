"""What resolving a mapping finds out: problems that stop it, notes, suspended fields."""

from __future__ import annotations

from dataclasses import dataclass, field

from leadsync.errors import MappingError

_REMEDY = "Correct the mapping file; include/config/mapping.schema.json describes it."


@dataclass(slots=True)
class Findings:
    """Collected over all entries, so that a user sees every problem at once."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    suspended: list[str] = field(default_factory=list)

    def raise_problems(self) -> None:
        """Raise what was found.

        :raises MappingError: there are problems; one line each.
        """
        if self.problems:
            raise mapping_error(self.problems)


def mapping_error(problems: list[str]) -> MappingError:
    """Return the error that lists ``problems``, one a line."""
    unique = list(dict.fromkeys(problems))
    count = "1 problem" if len(unique) == 1 else f"{len(unique)} problems"
    listed = "\n".join(f"- {problem}" for problem in unique)
    return MappingError(f"The mapping has {count}:\n{listed}\n", remedy=_REMEDY)
