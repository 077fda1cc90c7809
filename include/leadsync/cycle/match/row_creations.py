"""Persons that become rows of Dynamics: what is written beside their mapped fields.

``beside`` of a write is JSON of :class:`Beside`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from leadsync.cycle.carried import person_key
from leadsync.cycle.context import Cycle
from leadsync.mapping.plan import TablePlan
from leadsync.model import Json
from leadsync.state.port import IntentRow, LinkRow, Values

#: what quarantine shows for the owner of a row, and the field of an item about it.
OWNER = "ownerid"


@dataclass(frozen=True, slots=True)
class Beside:
    """What a write of Dynamics carries beside mapped fields.

    :param owner_id: user to bind; ``assign_to`` is the owner as it was asked for, ``warning`` why
        it is another.
    :param account_id: account to bind as the contact's parent.
    :param carries_id: the row gets the person's id in ``new_marketoid``.
    :param filled: fields that the person lacks and the row gets the default of.
    :param totals: what the person that stays in a merge gets, by field (S097).
    """

    owner_id: str | None = None
    account_id: str | None = None
    assign_to: str | None = None
    carries_id: bool = True
    warning: str = ""
    filled: Sequence[str] = ()
    totals: Mapping[str, int | float] = field(default_factory=dict)

    def text(self) -> str:
        """Return it as one cell of a frame."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Beside:
        """Read it from a write's record."""
        text = record.get("beside")
        return cls(**json.loads(text)) if text else cls()

    def binds(self) -> Json:
        """Return the lookups to set, in Web API form (reference/dataverse-webapi.md 7)."""
        binds: Json = {}
        if self.owner_id:
            binds["ownerid@odata.bind"] = f"/systemusers({self.owner_id})"
        if self.account_id:
            binds["parentcustomerid_account@odata.bind"] = f"/accounts({self.account_id})"
        return binds


@dataclass(slots=True)
class RowCreation:
    """A person that becomes a row, with its current values and the id that the row will have."""

    person: int
    table: TablePlan
    dynamics_id: str
    link_id: str
    values: Values
    beside: Beside = field(default_factory=Beside)

    def record(self) -> dict[str, Any]:
        """Return the ``WRITES`` record."""
        beside = replace(self.beside, filled=self._filled())
        return {
            "record_key": person_key(self.person),
            "operation": "create",
            "table": self.table.table,
            "marketo_id": self.person,
            "dynamics_id": self.dynamics_id,
            "link_id": self.link_id,
            "etag": None,
            "created_on": None,
            "beside": beside.text(),
        }

    def _filled(self) -> list[str]:
        own = self.table.own
        return [
            f.name
            for f in own
            if f.default_on_create is not None and self.values.get(f.name) is None
        ]

    def link(self, cycle: Cycle) -> LinkRow:
        """Return the link that the row and its person will have."""
        return LinkRow(
            link_id=self.link_id,
            marketo_id=self.person,
            dynamics_table=self.table.table,
            dynamics_id=self.dynamics_id,
            status="open",
            etag=None,
            cycle_id=cycle.cycle_id,
            updated_at=cycle.opened_at,
        )

    def flowing(self) -> Values:
        """Return every mapped value that may flow to Dynamics."""
        names = {f.name for f in self.table.fields if f.flows("to_dynamics")}
        return {name: value for name, value in self.values.items() if name in names}


@dataclass(frozen=True, slots=True)
class Assignment:
    """A row that gets another owner, after everything else was written (S031)."""

    link: LinkRow
    owner_id: str
    assign_to: str

    def record(self) -> dict[str, Any]:
        """Return the ``WRITES`` record."""
        beside = Beside(owner_id=self.owner_id, assign_to=self.assign_to)
        key = assign_key(self.link["marketo_id"])
        return {**_on_row(self.link, key, "assign"), "beside": beside.text()}


@dataclass(frozen=True, slots=True)
class Qualification:
    """An open lead that is qualified, because its person is to be a contact (S017)."""

    link: LinkRow

    def record(self) -> dict[str, Any]:
        """Return the ``WRITES`` record."""
        return _on_row(self.link, qualify_key(self.link["marketo_id"]), "qualify")


def _on_row(link: LinkRow, key: str, operation: str) -> dict[str, Any]:
    return {
        "record_key": key,
        "operation": operation,
        "table": link["dynamics_table"],
        "marketo_id": link["marketo_id"],
        "dynamics_id": link["dynamics_id"],
        "link_id": link["link_id"],
        "etag": None,
        "created_on": None,
        "beside": None,
    }


def qualify_key(marketo_id: int) -> str:
    """Key of the qualification of a person's lead."""
    return f"{person_key(marketo_id)}:qualify"


def assign_key(marketo_id: int) -> str:
    """Key of the assignment of a person's row, and of an item about its owner alone."""
    return f"{person_key(marketo_id)}:{OWNER}"


def filled_of(intent: IntentRow) -> Sequence[str]:
    """Return the fields that a row got the default of, from the intent to make it."""
    filled: Sequence[str] = intent["body"].get("filled", ())
    return filled


def born_values(table: TablePlan, written: Values, filled: Collection[str]) -> Values:
    """Return the base of a row that was just made from a person.

    A field that was not written, or got its default, counts as empty: what Dynamics shows there
    later flows to Marketo as any change, and no empty person field clears a default (S028). Nobody
    entered the empty values of the row either, so they clear nothing in Marketo.

    :param filled: the fields that got their default.
    """
    base: Values = {}
    for plan in table.fields:
        if plan.via is None:
            value = None if plan.name in filled else written.get(plan.name)
            base[plan.name] = plan.converter.from_dynamics(None) if value is None else value
    return base


def person_born_with(table: TablePlan) -> Values:
    """Return what a person made from a row holds in fields that only flow the other way.

    Nobody entered these empty values, so they must not go to Dynamics (F14).
    """
    fields = (field for field in table.fields if field.direction == "to_dynamics")
    return {field.name: field.converter.from_marketo(None) for field in fields}
