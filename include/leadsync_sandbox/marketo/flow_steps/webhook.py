"""Calls a webhook for persons, one call each (reference/marketo-rest.md 17)."""

from __future__ import annotations

from typing import Any

import requests

from leadsync_sandbox.common.sandbox import Json
from leadsync_sandbox.marketo.activity_log import Entry
from leadsync_sandbox.marketo.instance import Instance, Origin

CALL_WEBHOOK = 110
TIMEOUT = 30


def call_webhook(box: Instance, edit: Json) -> Json:
    """Call a webhook for each person; returns ``{person, status, response}`` for each call.

    :param edit: ``url``; ``headers``; ``persons``; ``payload``, in which ``{{lead.Id}}`` stands for
        the person's id.
    """
    made = [_call(edit, int(person)) for person in edit["persons"]]
    entries = [
        Entry(one["person"], CALL_WEBHOOK, primary_value=edit["url"], attributes=_told(one))
        for one in made
    ]
    box.record(entries, Origin(source="Call Webhook", reason="Call Webhook"))
    return {"id": made}


def _call(edit: Json, person: int) -> Json:
    payload = str(edit["payload"]).replace("{{lead.Id}}", str(person))
    try:
        answer = requests.post(
            edit["url"], data=payload.encode(), headers=edit.get("headers", {}), timeout=TIMEOUT
        )
    except requests.RequestException:
        return {"person": person, "status": 0, "response": ""}
    return {"person": person, "status": answer.status_code, "response": answer.text}


def _told(call: Json) -> dict[str, Any]:
    """Return the activity's attributes; a success with an empty body is error 1001."""
    worked = 200 <= call["status"] < 300
    error = "" if worked and call["response"] else "1001" if worked else str(call["status"])
    return {"Response": call["response"][:2000], "Error Type": error}
