"""What a cycle's failures and recoveries tell the persons' activity logs, each of them once.

Entries are stored in the transaction that stores the quarantine, and sent afterwards. An entry's
key names the quarantine item and the failure as it is told, so that a cycle that comes to the same
failure again has nothing new to tell.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from leadsync.cycle.context import Cycle, Engine
from leadsync.redaction import redact
from leadsync.state.port import ActivityRow, FailureItem, QuarantineRow

#: characters; Marketo takes 65,536 bytes for all attributes of an activity together.
LONGEST_MESSAGE = 2_000
LONGEST_NAME = 255
#: characters of a value that may stand in a message by chance.
SHORT = 2
#: what stands for a value that a message quotes: the value itself is in the record.
HIDDEN = "…"

#: from the first quote to the last one, because values may hold quotes themselves.
_QUOTED = re.compile(r'".*"', re.DOTALL)
#: numbers and ids that a server puts into its messages differ each time.
_VARYING = re.compile(r"[0-9a-fA-F]{8}[0-9a-fA-F-]*|\d+")


def new_entries(
    engine: Engine, cycle: Cycle, items: Sequence[QuarantineRow], now: datetime
) -> list[ActivityRow]:
    """Return the entries that a cycle adds to its quarantine items.

    Nothing can be written for a record that has no person yet. A recovery is told where a failure
    was; items that ended otherwise, such as by leaving the filter, are not told.

    :param items: the items that the cycle stores: new, seen again, ended.
    """
    of_persons = [item for item in items if item["marketo_id"] is not None]
    if not of_persons:
        return []
    ids = sorted({item["id"] for item in of_persons})
    known = {row["key"]: row for row in engine.store.activities(item_ids=ids)}
    told: dict[str, list[ActivityRow]] = {}
    for row in known.values():
        told.setdefault(row["item_id"], []).append(row)
    found: dict[str, ActivityRow] = {}
    for item in of_persons:
        if item["status"] == "open":
            found.update((row["key"], row) for row in _failed(item, now))
        elif item["status"] == "recovered" and item["id"] in told:
            row = _recovered(item, told[item["id"]], cycle, now)
            found[row["key"]] = row
    return [row for key, row in found.items() if key not in known]


def _failed(item: QuarantineRow, now: datetime) -> Iterator[ActivityRow]:
    for failure in item["failures"]:
        message = told_message(failure)
        attributes = {
            "field": failure["field"],
            "rule": failure["rule"],
            "message": message[:LONGEST_MESSAGE],
            **_about_the_write(item, item["cycle_id"]),
        }
        yield _entry(item, f"{item['id']}:{_identity(failure, message)}", attributes, now)


def _identity(failure: FailureItem, message: str) -> str:
    """Return what tells a failure from others of its record, which no operation changes."""
    text = _VARYING.sub("#", message) if failure["source"] == "server" else message
    parts = (failure["field"], failure["rule"], failure["source"], text)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def _recovered(
    item: QuarantineRow, told: Iterable[ActivityRow], cycle: Cycle, now: datetime
) -> ActivityRow:
    fields = sorted({row["attributes"]["field"] for row in told if row["kind"] == "failed"} - {""})
    attributes = {"field": ", ".join(fields), **_about_the_write(item, cycle.cycle_id)}
    entry = _entry(item, f"{item['id']}:recovered", attributes, now)
    return {**entry, "kind": "recovered"}


def told_message(failure: FailureItem) -> str:
    """Return a failure's message without the person's values; numbers and lengths stay."""
    message, value = failure["message"], failure["value"] or ""
    if failure["source"] == "validation":
        message = _QUOTED.sub(f'"{HIDDEN}"', message)
        if len(value) > SHORT and any(map(str.isalpha, value)):
            message = message.replace(value, HIDDEN)
    return redact(message)


def _about_the_write(item: QuarantineRow, cycle_id: str) -> dict[str, str]:
    return {
        "operation": item["operation"],
        "direction": item["direction"],
        "cycle": cycle_id,
    }


def _entry(item: QuarantineRow, key: str, attributes: dict[str, str], now: datetime) -> ActivityRow:
    person = item["marketo_id"]
    if person is None:
        raise ValueError(f"item {item['id']} has no person whose log could tell of it")
    shown = {
        name: text if name == "message" else text[:LONGEST_NAME]
        for name, text in attributes.items()
    }
    return ActivityRow(
        key=key,
        item_id=item["id"],
        kind="failed",
        marketo_id=person,
        dynamics_id=item["dynamics_id"],
        attributes=shown,
        status="waiting",
        created_at=now,
        tries=0,
        tried_at=None,
        due_at=now,
        error=None,
    )
