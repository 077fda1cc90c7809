"""Quarantine items of one cycle: how they are made, and how stages hand them on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from leadsync.cycle.match.row_creations import OWNER, Beside
from leadsync.cycle.quarantine.named_field import named_field
from leadsync.frames import Rows
from leadsync.model import RecordError
from leadsync.state.port import FailureItem, QuarantineRow, Values
from leadsync.validation.model import Failure
from leadsync.values.marks import shown

INTO = "into"

#: A failed row. ``item_key`` is the record key, with the field of a held field behind it;
#: ``row`` and ``failures`` are JSON.
QUARANTINED = (
    "item_key",
    "record_key",
    "direction",
    "table",
    "operation",
    "marketo_id",
    "dynamics_id",
    "fingerprint",
    "row",
    "failures",
)


def quarantined(
    record: Mapping[str, Any],
    values: Values,
    failures: Sequence[FailureItem],
    *,
    field: str | None = None,
) -> dict[str, Any]:
    """Make a ``QUARANTINED`` record from a ``WRITES`` record and why it failed.

    :param field: given when only this field is held and the rest of the record goes on.
    """
    key = record["record_key"]
    return {
        "item_key": key if field is None else f"{key}:{field}",
        "record_key": key,
        "direction": key.partition(":")[0],
        "table": record["table"],
        "operation": record["operation"],
        "marketo_id": record["marketo_id"],
        "dynamics_id": record["dynamics_id"],
        "fingerprint": fingerprint(record["operation"], values),
        "row": json.dumps({name: shown(value) for name, value in values.items()} | _more(record)),
        "failures": json.dumps(list(failures)),
    }


def _more(record: Mapping[str, Any]) -> dict[str, str]:
    """Return what a retry needs beside values: the owner, and the record that a merge keeps."""
    wanted = {OWNER: Beside.of(record).assign_to, INTO: record.get(INTO)}
    return {name: value for name, value in wanted.items() if value}


def fingerprint(operation: str, values: Values) -> str:
    """Return a hash of what a record would write; equal writes fail equally."""
    text = json.dumps([operation, values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def from_validation(failures: Iterable[Failure]) -> list[FailureItem]:
    """Turn failed rules into the items that quarantine shows."""
    return [
        FailureItem(
            field=failure.rule.target,
            rule=failure.rule.rule_id,
            value=shown(failure.value),
            limit=None if failure.rule.limit is None else str(failure.rule.limit),
            message=failure.message,
            source="validation",
        )
        for failure in failures
    ]


def from_server(errors: Sequence[RecordError], field: str = "") -> list[FailureItem]:
    """Turn a server's refusal into quarantine's items; the rule is the server's code.

    :param field: what it is about, where that is known; else the message may tell.
    """
    return [
        FailureItem(
            field=field or named_field(error.message),
            rule=error.code,
            value=None,
            limit=None,
            message=error.message,
            source="server",
        )
        for error in errors
    ]


def quarantine_rows(items: list[dict[str, Any]]) -> Rows:
    """Return the frame that carries quarantined records to the commit."""
    return Rows(QUARANTINED, items)


def quarantine_items(rows: Rows) -> list[dict[str, Any]]:
    """Read the frame back, JSON parsed."""
    return [
        {**item, "row": json.loads(item["row"]), "failures": json.loads(item["failures"])}
        for item in rows.records
    ]


def refused_before(
    open_items: Sequence[QuarantineRow], print_of_write: str, rules_hash: str
) -> QuarantineRow | None:
    """Return the item in which the server refused this write under the same rules (S116)."""
    for item in open_items:
        by_server = any(failure["source"] == "server" for failure in item["failures"])
        same = item["fingerprint"] == print_of_write and item["rules_hash"] == rules_hash
        if by_server and same and item["status"] == "open":
            return item
    return None
