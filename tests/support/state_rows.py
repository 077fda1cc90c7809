"""Rows of the state store with sensible values, for tests that care about a few of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from leadsync.state.call_port import CallItemRow, CallRow
from leadsync.state.port import (
    ActivityRow,
    DeferredRow,
    FailureItem,
    IntentRow,
    JournalRow,
    LinkRow,
    LookupRow,
    MarkRow,
    QuarantineEventRow,
    QuarantineRow,
    RelatedRow,
    RequestRow,
)

NOON = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)


def row_id(number: int) -> str:
    """Return a GUID made from ``number``."""
    return f"00000000-0000-0000-0000-{number:012}"


def link(number: int = 1, **changed: Any) -> LinkRow:
    """Return an open link of person ``number`` and lead ``number``."""
    row: dict[str, Any] = {
        "link_id": f"link-{number}",
        "marketo_id": number,
        "dynamics_table": "lead",
        "dynamics_id": row_id(number),
        "status": "open",
        "etag": 'W/"1"',
        "cycle_id": "c1",
        "updated_at": NOON,
    }
    return cast("LinkRow", {**row, **changed})


def intent(number: int = 1, **changed: Any) -> IntentRow:
    """Return a pending create of lead ``number``."""
    row: dict[str, Any] = {
        "intent_id": f"intent-{number}",
        "cycle_id": "c1",
        "side": "dynamics",
        "operation": "create",
        "dynamics_table": "lead",
        "marketo_id": number,
        "dynamics_id": row_id(number),
        "body": {"lastname": "Ng", "numberofemployees": 3, "city": None},
        "status": "pending",
        "updated_at": NOON,
    }
    return cast("IntentRow", {**row, **changed})


def journal(number: int = 1, **changed: Any) -> JournalRow:
    """Return the writing of person ``number``'s title."""
    row: dict[str, Any] = {
        "cycle_id": "c1",
        "at": NOON,
        "kind": "written",
        "side": "marketo",
        "dynamics_table": "lead",
        "marketo_id": number,
        "dynamics_id": row_id(number),
        "field": "title",
        "base": "CTO",
        "marketo": "CTO",
        "dynamics": "CIO",
        "winner": "dynamics",
        "rule": "type_rule",
        "made_with": None,
    }
    return cast("JournalRow", {**row, **changed})


def quarantined(number: int = 1, **changed: Any) -> QuarantineRow:
    """Return an open item for lead ``number`` on its way to Marketo."""
    row: dict[str, Any] = {
        "id": f"item-{number}",
        "record_key": f"to_marketo:lead:{row_id(number)}",
        "status": "open",
        "direction": "to_marketo",
        "dynamics_table": "lead",
        "operation": "update",
        "marketo_id": number,
        "dynamics_id": row_id(number),
        "fingerprint": "f",
        "rules_hash": "r",
        "row": {"email": "x"},
        "failures": [failure()],
        "attempts": 1,
        "first_seen": NOON,
        "last_seen": NOON,
        "cycle_id": "c1",
    }
    return cast("QuarantineRow", {**row, **changed})


def failure(**changed: Any) -> FailureItem:
    """Return a failed format of an e-mail address."""
    failed: dict[str, Any] = {
        "field": "email",
        "rule": "format",
        "value": "x",
        "limit": None,
        "message": "No e-mail address.",
        "source": "validation",
    }
    return cast("FailureItem", {**failed, **changed})


def item_event(number: int = 1, **changed: Any) -> QuarantineEventRow:
    """Return the release of item ``number`` by a person."""
    row: dict[str, Any] = {
        "item_id": f"item-{number}",
        "at": NOON,
        "kind": "released",
        "actor": "Åsa",
        "cycle_id": None,
        "detail": None,
    }
    return cast("QuarantineEventRow", {**row, **changed})


def activity(number: int = 1, **changed: Any) -> ActivityRow:
    """Return an activity of item ``number`` that waits to be sent to person ``number``."""
    row: dict[str, Any] = {
        "key": f"item-{number}:1",
        "item_id": f"item-{number}",
        "kind": "failed",
        "marketo_id": number,
        "dynamics_id": row_id(number),
        "attributes": {"field": "email", "message": "No e-mail address."},
        "status": "waiting",
        "created_at": NOON,
        "tries": 0,
        "tried_at": None,
        "due_at": NOON,
        "error": None,
    }
    return cast("ActivityRow", {**row, **changed})


def deferred(number: int = 1, **changed: Any) -> DeferredRow:
    """Return a carried lead ``number``."""
    row: dict[str, Any] = {
        "record_key": f"to_marketo:lead:{row_id(number)}",
        "direction": "to_marketo",
        "dynamics_table": "lead",
        "marketo_id": number,
        "dynamics_id": row_id(number),
        "reason": "conflict",
        "since_cycle": "c1",
        "times": 1,
    }
    return cast("DeferredRow", {**row, **changed})


def request(number: int = 1, **changed: Any) -> RequestRow:
    """Return a waiting call to make person ``number`` a lead."""
    row: dict[str, Any] = {
        "request_id": f"request-{number}",
        "action": "sync_person",
        "marketo_id": number,
        "dynamics_table": None,
        "dynamics_id": None,
        "sync_as": "lead",
        "assign_to": None,
        "status": "waiting",
        "outcome": None,
        "message": None,
        "cycle_id": None,
        "requested_at": NOON,
        "updated_at": NOON,
    }
    return cast("RequestRow", {**row, **changed})


def related(number: int = 1, **changed: Any) -> RelatedRow:
    """Return account ``number``."""
    row: dict[str, Any] = {
        "table": "account",
        "id": row_id(number),
        "fields": {"company": "Åkeri AB", "website": None},
        "active": True,
    }
    return cast("RelatedRow", {**row, **changed})


def lookup(number: int = 1, **changed: Any) -> LookupRow:
    """Return the reference of link ``number`` to account ``number``."""
    row: dict[str, Any] = {
        "link_id": f"link-{number}",
        "column": "parentcustomerid",
        "target_table": "account",
        "target_id": row_id(number),
    }
    return cast("LookupRow", {**row, **changed})


def mark(number: int = 1, **changed: Any) -> MarkRow:
    """Return the mark of an address that opted out."""
    row: dict[str, Any] = {"kind": "opted_out", "key_hash": f"hash-{number}", "at": NOON}
    return cast("MarkRow", {**row, **changed})


def call(number: int = 1, **changed: Any) -> CallRow:
    """Return an open real-time call of the flow step."""
    row: dict[str, Any] = {
        "call_id": f"call-{number}",
        "source": "flow_step",
        "mode": "real_time",
        "munchkin_id": "123-ABC-456",
        "campaign": 1001,
        "callback": {"url": "https://x.adobe.io/back", "key": "k", "token": f"t{number}"},
        "status": "open",
        "received_at": NOON,
        "answer_by": NOON + timedelta(hours=1),
        "attempts": 0,
        "next_attempt_at": NOON,
        "unanswered": False,
        "error": None,
        "updated_at": NOON,
    }
    return cast("CallRow", {**row, **changed})


def call_item(number: int = 1, position: int = 0, **changed: Any) -> CallItemRow:
    """Return the first person of a call, with the request of the same number."""
    row: dict[str, Any] = {
        "call_id": f"call-{number}",
        "position": position,
        "marketo_id": number,
        "request_id": f"request-{number}",
    }
    return cast("CallItemRow", {**row, **changed})
