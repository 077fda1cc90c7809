"""Reads what a classic Marketo webhook sends, one person a call (reference/marketo-rest.md 17)."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qsl

from leadsync.errors import LeadsyncError
from leadsync.flow_step.invocation import LARGEST_CAMPAIGN
from leadsync.flow_step.model import Call, MalformedCallError
from leadsync.flow_step.reading import json_object, text_of, whole_number, wish
from leadsync.model import Json

_PERSON_NAMES = ("leadId", "lead_id", "personId", "person_id", "marketoId", "marketo_id", "id")
_CAMPAIGN_NAMES = ("campaignId", "campaign_id")
MOST_FORM_FIELDS = 50


def read_webhook(body: bytes) -> Call:
    """Return the call that ``body`` holds, as JSON or as a form: Marketo's template decides.

    The content type is not looked at, because Marketo sends it only where a header was set by hand.

    :raises MalformedCallError: the person is missing, or an option is wrong; names it.
    """
    fields = _fields(body)
    person = _first(fields, _PERSON_NAMES)
    if person is None:
        raise MalformedCallError("leadId is missing.")
    campaign = _first(fields, _CAMPAIGN_NAMES)
    wanted = wish(whole_number(person, "leadId"), fields)
    if wanted.refusal is not None:
        raise MalformedCallError(f"{wanted.refusal}.")
    number = None if campaign is None else _campaign(campaign)
    known = f"{wanted.marketo_id}/{wanted.action}/{wanted.sync_as}/{wanted.assign_to}/{number}"
    return Call(
        source="webhook",
        wishes=(wanted,),
        identity=hashlib.sha256(known.encode("utf-8", "replace")).hexdigest(),
        campaign=number,
    )


def _campaign(value: object) -> int | None:
    """Return the campaign's id; what a token did not become is no reason to refuse the person."""
    try:
        return whole_number(value, "campaignId", LARGEST_CAMPAIGN)
    except LeadsyncError:
        return None


def _fields(body: bytes) -> Json:
    if body.lstrip()[:1] in (b"{", b"[", b'"', b""):
        return json_object(body)
    try:
        return dict(parse_qsl(body.decode(), strict_parsing=True, max_num_fields=MOST_FORM_FIELDS))
    except ValueError:
        raise MalformedCallError("The body is neither JSON nor a form.") from None


def _first(fields: Json, names: tuple[str, ...]) -> object:
    return next((fields[name] for name in names if text_of(fields.get(name))), None)
