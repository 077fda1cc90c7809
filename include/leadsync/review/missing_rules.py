"""Which rules validation lacks: what servers refused although every rule had let it pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from leadsync.cycle.quarantine.named_field import named_field
from leadsync.model import Json, System
from leadsync.redaction import MASK, redact
from leadsync.state.port import FailureItem, QuarantineRow
from leadsync.state.rows import WAITING

#: shorter values are too common in messages to be told from other words.
_SHORTEST_VALUE = 2


@dataclass(slots=True)
class MissingRule:
    """One reason of a server, and the rows that it refused.

    :param field: the column or field, where the message tells it.
    :param waiting: those of ``items`` that still wait.
    :param example: a message without the row's values.
    """

    system: System
    code: str
    table: str
    field: str | None
    items: int
    waiting: int
    first_seen: datetime
    last_seen: datetime
    example: str
    example_id: str

    def add(self, item: QuarantineRow) -> None:
        """Count one more row."""
        self.items += 1
        self.waiting += item["status"] in WAITING
        self.first_seen = min(self.first_seen, item["first_seen"])
        self.last_seen = max(self.last_seen, item["last_seen"])

    @property
    def advice(self) -> str:
        """What to do about it."""
        return _ADVICE.get(self.code, _STATE_IT)

    def document(self) -> Json:
        """Return it as JSON."""
        return {**asdict(self), "what_to_do": self.advice}


def missing_rules(items: Iterable[QuarantineRow]) -> list[MissingRule]:
    """Group what servers refused by code, table and field, the most frequent first.

    :param items: those in whatever status that a server refused; others are left out.
    """
    found: dict[tuple[str, str, str, str | None], MissingRule] = {}
    for item in items:
        for failure in item["failures"]:
            if failure["source"] == "server":
                rule = _rule(item, failure)
                key = (rule.system, rule.code, rule.table, rule.field)
                found.setdefault(key, rule).add(item)
    return sorted(
        found.values(), key=lambda r: (-r.items, r.system, r.code, r.table, r.field or "")
    )


def _rule(item: QuarantineRow, failure: FailureItem) -> MissingRule:
    return MissingRule(
        system="dynamics" if item["direction"] == "to_dynamics" else "marketo",
        code=failure["rule"],
        table=item["dynamics_table"],
        field=failure["field"] or named_field(failure["message"]) or None,
        items=0,
        waiting=0,
        first_seen=item["first_seen"],
        last_seen=item["last_seen"],
        example=_without_values(failure["message"], item),
        example_id=item["id"],
    )


def _without_values(message: str, item: QuarantineRow) -> str:
    """Mask what the message quotes of the row, and whatever else looks personal."""
    values = (str(value) for value in item["row"].values() if value is not None)
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= _SHORTEST_VALUE:
            message = message.replace(value, MASK)
    return redact(message)


_STATE_IT = (
    "State its condition as an expectation of your team, so that such rows are held before they "
    "are sent."
)
_METADATA = (
    "The column's metadata says so, and the generated rules were older: run `leadsync doctor`. If "
    "it goes on, the system checks more than its metadata tells; state it as an expectation."
)
_DUPLICATE = (
    "Another record has this key or is called a duplicate: merge the two, or relax the rule for "
    "duplicates of that table."
)
_RIGHTS = "Give the application user the privilege; no rule can know of it."
#: by code (reference/dataverse-webapi.md 20, marketo-rest.md 4).
_ADVICE: dict[str, str] = {
    **dict.fromkeys(("0x80044331", "0x8004432f", "0x80044330", "0x8004431a"), _METADATA),
    "0x80040265": "A plug-in or business rule refuses it: ask its author for the condition, and "
    "state it as an expectation of your team.",
    **dict.fromkeys(("0x80040237", "0x80040333", "0x80060892"), _DUPLICATE),
    **dict.fromkeys(("0x80040220", "0x8004f502", "0x8004f507", "0x80040299", "603"), _RIGHTS),
    "0x80040217": "What the row refers to is gone: correct the lookup.",
    "0x80048408": "The status does not go with the state: map both, or neither.",
    "1006": "The field is gone or hidden from the API: correct the mapping, or give it back.",
    "1007": "Several persons have this key: merge them in Marketo.",
}
