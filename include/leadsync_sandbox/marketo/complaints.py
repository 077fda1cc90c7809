"""What a client does against good manners though it is served: noted in the journal.

Each is a quirk of reference/marketo-rest.md 24, by its number there.
"""

from __future__ import annotations

import json
from typing import Any

from leadsync_sandbox.common.calls import Call
from leadsync_sandbox.marketo.request import form_parameters

SYNC = "/rest/v1/leads.json"


def complaints(call: Call) -> tuple[str, ...]:
    """Return what is wrong with a call, in plain words."""
    parameters = dict([*call.query, *form_parameters(call)])
    found = []
    if "access_token" in parameters:
        found.append("access_token is sent in the URL or form (6)")
    if "gzip" not in call.headers.get("accept-encoding", "") and call.path.startswith("/rest/"):
        found.append("compressed answers are not accepted (reference 1)")
    if "listId" in parameters and "/activities" in call.path:
        found.append("listId is used on activities (51)")
    if call.path == SYNC and call.method == "POST" and "_method" not in parameters:
        found += _about_records(call.body)
    return tuple(found)


def _about_records(body: bytes) -> list[str]:
    try:
        content: Any = json.loads(body)
    except ValueError:
        return []
    records = content.get("input") if isinstance(content, dict) else None
    if not isinstance(records, list) or not all(isinstance(item, dict) for item in records):
        return []
    found = []
    if any(value == "" for record in records for value in record.values()):
        found.append("an empty string is sent instead of null (27)")
    keys = [str(record.get(content.get("lookupField") or "email")).lower() for record in records]
    if content.get("action") != "createDuplicate" and len(set(keys)) < len(keys):
        found.append("one key is twice in a batch (26)")
    return found
