"""Reads what Marketo sends to ``/submitAsyncAction`` (reference/marketo-rest.md 18.3)."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from leadsync.flow_step.callback_url import CallbackPolicy
from leadsync.flow_step.model import MOST_PERSONS, Call, Callback, MalformedCallError, Wish
from leadsync.flow_step.reading import as_object, json_object, text_of, whole_number, wish
from leadsync.model import Json
from leadsync.state.call_port import CallMode

LARGEST_CAMPAIGN = 2**31 - 1
LONGEST_SECRET = 4096
_MUNCHKIN = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)
_SECRET = re.compile(r"[\x21-\x7e]+", re.ASCII)


def read_invocation(body: bytes, policy: CallbackPolicy) -> Call:
    """Return the call that ``body`` holds.

    Unknown properties are left alone, and so are values of the persons: a cycle reads them itself.

    :param policy: where callbacks may go.
    :raises MalformedCallError: a required property is missing or wrong; names it.
    """
    document = json_object(body)
    campaign = whole_number(document.get("campaignId"), "campaignId", LARGEST_CAMPAIGN)
    url = document.get("callbackUrl")
    if not isinstance(url, str) or not url:
        raise MalformedCallError("callbackUrl is missing.")
    refused = policy.refusal(url)
    if refused is not None:
        raise MalformedCallError(f"callbackUrl {refused}.")
    token = _secret(document, "token")
    context = as_object(document.get("context"), "context")
    subscription = as_object(context.get("subscription"), "context.subscription")
    items = document.get("objectData")
    return Call(
        source="flow_step",
        wishes=_wishes([] if items is None else items),
        identity=token or hashlib.sha256(body).hexdigest(),
        lasting=token is not None,
        mode=mode_of(context, items or []),
        campaign=campaign,
        munchkin_id=_munchkin(subscription.get("munchkinId")),
        callback=Callback(url, _secret(document, "apiCallBackKey"), token),
    )


def mode_of(context: Json, items: list[Any]) -> CallMode:
    """Tell whether the campaign is a batch campaign, which waits for the next cycle.

    The contract does not list the values of ``campaign.type``, so the word in it decides; a person
    with a trigger is in a trigger campaign. In doubt nobody waits (semantics.md 4).
    """
    if any(isinstance(item, dict) and item.get("triggeringContext") for item in items):
        return "real_time"
    campaign = as_object(context.get("campaign"), "context.campaign")
    return "queued" if "batch" in text_of(campaign.get("type")).casefold() else "real_time"


def _wishes(items: Any) -> tuple[Wish, ...]:
    if not isinstance(items, list):
        raise MalformedCallError("objectData is no list.")
    if len(items) > MOST_PERSONS:
        raise MalformedCallError(f"objectData has {len(items)} persons; at most {MOST_PERSONS}.")
    return tuple(_wish(as_object(item, f"objectData[{at}]"), at) for at, item in enumerate(items))


def _wish(item: Json, at: int) -> Wish:
    name = f"objectData[{at}]"
    if item.get("objectType") != "lead":
        raise MalformedCallError(f"{name}.objectType is not lead.")
    person = as_object(item.get("objectContext"), f"{name}.objectContext")
    options = as_object(item.get("flowStepContext"), f"{name}.flowStepContext")
    return wish(whole_number(person.get("id"), f"{name}.objectContext.id"), options)


def _secret(document: Json, name: str) -> str | None:
    """Return a value that goes back as a header, so it must be able to be one."""
    value = document.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > LONGEST_SECRET or not _SECRET.fullmatch(value):
        raise MalformedCallError(f"{name} is no text that can be sent as a header.")
    return value


def _munchkin(value: Any) -> str | None:
    text = text_of(value)
    return text if _MUNCHKIN.fullmatch(text) else None
