"""The catalogue of bad rows: its form, and the fields and columns of every kind that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from leadsync.cycle.plan.schemas import load_plan
from leadsync.mapping.plan import FieldPlan, TablePlan
from leadsync.values.marks import is_marked
from support.mapped import add_column, add_field, remap
from support.synced import Synced


class Broken(NamedTuple):
    """A failure as quarantine shows it: the target's own name, the rule, the value, the limit."""

    field: str
    rule: str
    value: str | None
    limit: str | None


@dataclass(frozen=True)
class BadRow:
    """What a user enters on one side, and what becomes of it.

    :param entered: values by the entering side's names.
    :param stored: what the other side must hold, by its names; where a rule is broken, nothing.
    :param broken: the rules that hold the record.
    :param bare: what a program without leadsync would send for values of no canonical form, by the
        target's names; default: as entered.
    """

    name: str
    entered: Mapping[str, Any]
    stored: Mapping[str, Any] = field(default_factory=dict)
    broken: tuple[Broken, ...] = ()
    bare: Mapping[str, Any] = field(default_factory=dict)


def takes(name: str, entered: Mapping[str, Any], **stored: Any) -> BadRow:
    """A row that looks bad and is not."""
    return BadRow(name, entered, stored)


def holds(name: str, entered: Mapping[str, Any], *broken: Broken, **bare: Any) -> BadRow:
    """A row that breaks rules."""
    return BadRow(name, entered, broken=broken, bare=bare)


COLOURS = [[1, "Red"], [2, "Green"], [3, "Blue"]]
COLOUR_CODES = ("1", "2", "3")
#: (Marketo field, its type, column of leads): text fields, because they let anything in.
_MORE_FIELDS = (
    ("otherEmail", "string", "emailaddress2"),
    ("homepage", "string", "websiteurl"),
    ("headcount", "string", "numberofemployees"),
    ("budget", "string", "budgetamount"),
    ("latitude", "string", "address1_latitude"),
    ("closing", "string", "estimatedclosedate"),
    ("followUp", "string", "schedulefollowup_prospect"),
    ("colours", "string", "new_colours"),
    ("noFax", "string", "donotfax"),
    ("motto", "string", "new_motto"),
    ("story", "text", "new_story"),
    ("visits", "integer", "new_visits"),
)


def map_every_kind(synced: Synced) -> None:
    """Map a column of every kind, let all records fail if they must, and refuse long texts.

    Marketo's stand-in would cut what is too long (reference/marketo-rest.md 6.4).
    """
    add_column(synced, "new_colours", "MultiSelectPicklist", options=COLOURS)
    add_column(synced, "new_motto", "String", length=4000)
    add_column(synced, "new_story", "Memo", length=100_000)
    add_column(synced, "new_visits", "Double", minimum=-1e11, maximum=1e11)
    for name, data_type, _ in _MORE_FIELDS:
        add_field(synced, name, data_type)
    hold = {"on_invalid": "hold_record"}
    entries = [{"marketo": name, "lead": column, **hold} for name, _, column in _MORE_FIELDS]
    remap(synced, *entries, policies={"breaker_share": 1}, leadSource=hold, rating=hold)
    synced.marketo.control.settings(overlong_string="skip_1003")


def plan_of_leads(synced: Synced) -> TablePlan:
    """The fields of leads with the systems' own metadata."""
    return load_plan(synced.engine).tables["lead"]


def unchecked(field: FieldPlan, raw: Any, bare: Any = None) -> Any:
    """Return what goes to Dynamics for a value of Marketo when nothing checks it.

    :param bare: what is sent where ``raw`` has no canonical form; default: as it is.
    """
    cell = field.converter.from_marketo(raw)
    if is_marked(cell):
        return raw if bare is None else bare
    return field.converter.to_dynamics(cell)


def bare_row(row: BadRow, leads: TablePlan) -> dict[str, Any]:
    """Return what goes to Dynamics when nothing checks it."""
    fields = {one.name: one for one in leads.fields}
    body: dict[str, Any] = {}
    for name, raw in row.entered.items():
        column = fields[name].column.name
        body[column] = unchecked(fields[name], raw, row.bare.get(column))
    return body


def bare_person(row: BadRow, leads: TablePlan) -> dict[str, Any]:
    """Return what goes to Marketo when nothing checks it."""
    fields = {one.column.name: one for one in leads.fields}
    body: dict[str, Any] = {}
    for column, raw in row.entered.items():
        one = fields[column]
        body[one.name] = one.converter.to_marketo(one.converter.from_dynamics(raw))
    return body
