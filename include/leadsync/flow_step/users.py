"""Dynamics users as the choices of Assign To."""

from __future__ import annotations

from datetime import datetime, timedelta

from leadsync.clock import FIRST_INSTANT
from leadsync.flow_step.service import choice
from leadsync.model import Json
from leadsync.ports import DynamicsApi

#: Marketo takes no more (reference/marketo-rest.md 18.1); further users are typed by their name.
MOST_CHOICES = 1000
_COLUMNS = ("systemuserid", "fullname", "internalemailaddress", "isdisabled")
_EARLIEST = FIRST_INSTANT.replace(year=1990)


def user_choices(dynamics: DynamicsApi, now: datetime) -> Json:
    """Return the enabled users by name; what is submitted is their id."""
    rows = dynamics.rows_modified("systemuser", _COLUMNS, _EARLIEST, now + timedelta(days=1))
    enabled = [(_label(row), str(row["systemuserid"]).lower()) for row in rows if _works(row)]
    listed = [choice(label, user_id) for label, user_id in sorted(enabled)]
    return {"choices": listed[:MOST_CHOICES]}


def _label(row: Json) -> str:
    name, address = row.get("fullname") or "", row.get("internalemailaddress") or ""
    return f"{name} ({address})" if name and address else name or address or row["systemuserid"]


def _works(row: Json) -> bool:
    return not row["isdisabled"]
