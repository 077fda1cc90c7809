"""The answer to a call, as Marketo's callback takes it (reference/marketo-rest.md 18.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from leadsync.clock import format_instant
from leadsync.model import MARKETO_DYNAMICS_ID, MARKETO_DYNAMICS_TYPE, Json
from leadsync.state.call_port import CallResult, CallRow
from leadsync.state.port import LinkRow

#: Marketo cuts longer texts by itself, wherever that falls.
LONGEST_TEXT_BYTES = 255
#: error codes of persons, by outcome; Marketo shows and filters by them.
ERROR_CODES = {
    "quarantined": "LEADSYNC_INVALID",
    "refused": "LEADSYNC_REFUSED",
    "ambiguous": "LEADSYNC_AMBIGUOUS",
    "missing": "LEADSYNC_NO_PERSON",
}
LATE = "LEADSYNC_LATE"
ERASED = "LEADSYNC_ERASED"


def callback_body(
    call: CallRow,
    results: Iterable[CallResult],
    links: Mapping[int, LinkRow],
    munchkin_id: str | None,
    now: datetime,
) -> Json:
    """Return the body of the callback: one item for each item of the call.

    :param links: live links by person.
    :param munchkin_id: of the Marketo instance, where the call does not name it.
    """
    back = call["callback"] or {}
    body: Json = {"munchkinId": call["munchkin_id"] or munchkin_id or ""}
    if back.get("token"):
        body["token"] = back["token"]
    items = [_item(result, links.get(result["marketo_id"])) for result in results]
    return {**body, "time": format_instant(now), "objectData": items}


def _item(result: CallResult, link: LinkRow | None) -> Json:
    person: Json = {"id": result["marketo_id"]}
    if result["status"] != "done":
        return {"leadData": person, "activityData": _failure(result, link)}
    activity: Json = {"success": True, "outcome": result["outcome"]}
    if link is not None:
        person |= {
            MARKETO_DYNAMICS_ID: link["dynamics_id"],
            MARKETO_DYNAMICS_TYPE: link["dynamics_table"].capitalize(),
        }
    return {"leadData": person, "activityData": activity | _place(link)}


def _failure(result: CallResult, link: LinkRow | None) -> Json:
    code, outcome, reason = _why(result)
    told: Json = {"success": False, "errorCode": code, "outcome": outcome, "reason": cut(reason)}
    return told | _place(link)


def _why(result: CallResult) -> tuple[str, str, str]:
    """Return error code, outcome and reason of a person that was not synchronised."""
    outcome = result["outcome"] or ""
    if result["status"] is None:
        return ERASED, "refused", "the person was erased on request"
    if result["status"] == "waiting":
        return LATE, "waiting", "not decided in time; leadsync goes on trying"
    return ERROR_CODES.get(outcome, "LEADSYNC_FAILED"), outcome, result["message"] or outcome


def _place(link: LinkRow | None) -> dict[str, Any]:
    if link is None:
        return {}
    return {"dynamicsId": link["dynamics_id"], "dynamicsType": link["dynamics_table"].capitalize()}


def cut(text: str) -> str:
    """Return ``text``, cut to what Marketo keeps, between two characters."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= LONGEST_TEXT_BYTES:
        return encoded.decode()
    return encoded[: LONGEST_TEXT_BYTES - 3].decode(errors="ignore") + "..."
