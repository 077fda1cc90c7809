"""Reads JSON of the outside world: bounded, typed, and refused by the name of the field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from leadsync.flow_step.model import Action, MalformedCallError, Wish
from leadsync.model import Json, Table

LARGEST_ID = 2**63 - 1
LONGEST_NAME = 320
_ACTIONS: dict[str, Action] = {
    "": "sync_person",
    "sync_person": "sync_person",
    "syncperson": "sync_person",
    "sync": "sync_person",
    "change_owner": "change_owner",
    "changeowner": "change_owner",
    "owner": "change_owner",
}
_TABLES: dict[str, Table] = {"": "lead", "lead": "lead", "contact": "contact"}
_ACTION_NAMES = ("action", "op")
_TABLE_NAMES = ("syncAs", "sync_as", "target")
_OWNER_NAMES = ("assignTo", "assign_to", "owner")


def json_object(body: bytes) -> Json:
    """Return the JSON object that ``body`` holds.

    :raises MalformedCallError: it holds none.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedCallError("The body is no JSON.") from None
    return as_object(content, "The body")


def as_object(value: Any, name: str) -> Json:
    """Return ``value`` if it is an object; a missing one is empty.

    :raises MalformedCallError: it is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MalformedCallError(f"{name} is no JSON object.")
    return value


def whole_number(value: Any, name: str, largest: int = LARGEST_ID) -> int:
    """Return a positive whole number that is given as such, as digits, or as a float such as 7.0.

    :raises MalformedCallError: it is none, or too large.
    """
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, float) and text.is_integer():
        text = int(text)
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 20:
        text = int(text)
    if not isinstance(text, int) or isinstance(text, bool) or not 0 < text <= largest:
        raise MalformedCallError(f"{name} is no whole number from 1 to {largest}.")
    return text


def text_of(value: Any) -> str:
    """Return a plain value as trimmed text; NULL and what is no plain value are empty."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value).strip()
    return "" if text.casefold() == "null" else text


def wish(marketo_id: int, options: Mapping[str, Any]) -> Wish:
    """Return what the options of a flow step ask for a person; unknown options are left alone.

    Marketo sends what a person typed or a token became, so a wrong value fails this person alone.
    """
    action = _option(options, _ACTION_NAMES)
    table = _option(options, _TABLE_NAMES)
    owner = _option(options, _OWNER_NAMES)
    chosen_action = _ACTIONS.get(action.casefold().replace(" ", "_"))
    chosen_table = _TABLES.get(table.casefold())
    refusal = None
    if chosen_action is None:
        refusal = f"Action is {_shown(action)}; it must be sync_person or change_owner"
    elif chosen_table is None:
        refusal = f"Sync As is {_shown(table)}; it must be lead or contact"
    elif len(owner) > LONGEST_NAME:
        refusal = f"Assign To has more than {LONGEST_NAME} characters"
    elif chosen_action == "change_owner" and not owner:
        refusal = "Assign To is empty; Change Owner needs a Dynamics user"
    return Wish(
        marketo_id,
        chosen_action or "sync_person",
        chosen_table or "lead",
        owner[:LONGEST_NAME] or None,
        refusal,
    )


def _option(options: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := text_of(options.get(name)))), "")


def _shown(value: str) -> str:
    return repr(value if len(value) <= 40 else f"{value[:40]}...")
