"""What the answer to one written row means; pure (reference/dataverse-webapi.md 6, 7, 15)."""

from __future__ import annotations

import re
from datetime import datetime

from leadsync.dynamics import faults
from leadsync.dynamics.batch import PartAnswer
from leadsync.dynamics.faults import Fault, read_fault
from leadsync.model import RecordError, RowResult, RowWrite

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def outcome_of(write: RowWrite, answer: PartAnswer, now: datetime) -> RowResult | Fault:
    """Return the row's result, or the fault when the row has to be sent again."""
    if answer.status < 400:
        return RowResult("written", etag=etag_of(answer), created_on=_created_on(answer))
    fault = read_fault(answer.status, answer.headers, answer.body, now)
    if fault.throttled or fault.transient:
        return fault
    return refused(write, fault)


def etag_of(answer: PartAnswer) -> str | None:
    """Return the row's new ETag, from the representation or the header."""
    etag = answer.json().get("@odata.etag") or answer.headers.get("etag")
    return str(etag) if etag else None


def _created_on(answer: PartAnswer) -> str | None:
    moment = answer.json().get("createdon")
    return str(moment) if moment else None


def refused(write: RowWrite, fault: Fault) -> RowResult:
    """Return the result of a row that the service refused for good."""
    error = RecordError(fault.code, fault.message)
    if fault.status == 404:
        return RowResult("missing" if concerns_row(write, fault) else "rejected", error=error)
    if _taken(write, fault):
        return RowResult("exists", error=error)
    if write.operation == "update" and _overtaken(fault):
        return RowResult("conflict", error=error)
    return RowResult("rejected", error=error)


def concerns_row(write: RowWrite, fault: Fault) -> bool:
    """Return whether a 404 is about the addressed row and not about a bound one.

    The message names the id. Where it names none, a write with bound rows counts as theirs: a
    row taken for gone would lose its link, a refused one is only looked at (quirk 6).
    """
    if write.operation == "create" or fault.code not in (faults.MISSING_ROW, "404"):
        return False
    named = {found.lower() for found in _GUID.findall(fault.message)}
    if write.row_id.lower() in named:
        return True
    binds = any(name.endswith("@odata.bind") and value for name, value in write.body.items())
    return not named and not binds


def _taken(write: RowWrite, fault: Fault) -> bool:
    if write.operation != "create" or fault.status != 412:
        return False
    return fault.code in (faults.DUPLICATE_ID, faults.DUPLICATE_KEY, "412")


def _overtaken(fault: Fault) -> bool:
    return fault.code == faults.VERSION_MISMATCH or (fault.status == 412 and fault.code == "412")


def postponed(fault: Fault) -> RowResult:
    """Return the result of a row whose outcome stayed open after every attempt.

    It is reported as a conflict, for the next cycle has to read the row and decide again.
    """
    return RowResult("conflict", error=RecordError(fault.code, fault.message))
