"""In which directions a pair can be synchronised (S071)."""

from __future__ import annotations

from dataclasses import dataclass

from leadsync.mapping.plan import FieldDirection
from leadsync.model import DynamicsColumn, MarketoField


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The direction that is left.

    :param direction: ``None`` when no wanted direction is possible.
    :param reason: why the wanted direction was not kept, if it was not.
    """

    direction: FieldDirection | None
    reason: str = ""


def narrow(wanted: FieldDirection, field: MarketoField, column: DynamicsColumn) -> Narrowed:
    """Return what is possible of ``wanted``: ``both`` gives way, a single direction does not."""
    to_marketo = _why_not_to_marketo(field, column)
    to_dynamics = _why_not_to_dynamics(column)
    reasons = "; ".join(filter(None, (to_marketo, to_dynamics)))
    if wanted == "to_marketo":
        return Narrowed(None if to_marketo else wanted, to_marketo)
    if wanted == "to_dynamics":
        return Narrowed(None if to_dynamics else wanted, to_dynamics)
    if wanted == "off" or not reasons:
        return Narrowed(wanted)
    if to_marketo and to_dynamics:
        return Narrowed(None, reasons)
    return Narrowed("to_dynamics" if to_marketo else "to_marketo", reasons)


def _why_not_to_marketo(field: MarketoField, column: DynamicsColumn) -> str:
    if field.read_only or field.data_type.lower() in ("formula", "lead_function"):
        return f"Marketo's {field.name} is read-only"
    return "" if column.for_read else f"{column.name} cannot be read"


def _why_not_to_dynamics(column: DynamicsColumn) -> str:
    if column.computed:
        return f"{column.name} is set by the platform"
    if column.type in ("Lookup", "Customer", "Owner"):
        return f"{column.name} is a lookup, which is not written as a value"
    if column.type in ("State", "Status"):
        return f"{column.name} is changed by Dynamics' own processes"
    if not (column.for_create and column.for_update):
        return f"{column.name} cannot be written on create and on update"
    return ""
