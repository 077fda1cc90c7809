"""Turns a fault of the Web API into the error to raise, with its remedy."""

from __future__ import annotations

import re

from leadsync.dynamics import faults
from leadsync.dynamics.faults import Fault
from leadsync.errors import (
    ApiError,
    AuthenticationError,
    DeltaExpiredError,
    PermissionDeniedError,
    RejectedError,
    ThrottledError,
    TransientApiError,
)

SYSTEM = "dynamics"


class NotFoundError(RejectedError):
    """What the call addresses does not exist (404)."""


_ROLE = "Give the application user's security role"
_REMEDIES = {
    faults.NOT_A_MEMBER: "In the Power Platform admin centre, open the environment's application "
    "users, add the app registration of this client id, enable it and give it a security role.",
    faults.TOO_LARGE: "Write fewer or smaller rows in one call.",
    faults.PLUGIN_ABORT: "A plug-in or business rule of the organisation refuses this; ask its "
    "author.",
}


def to_error(fault: Fault, call: str, record: str = "") -> ApiError:
    """Return the error that ``fault`` means.

    :param call: verb and path, without query.
    :returns: :class:`ThrottledError` for 429, :class:`TransientApiError` for what may pass,
        :class:`AuthenticationError` for 401, :class:`PermissionDeniedError` for 403,
        :class:`DeltaExpiredError` for code 0x80044352 whatever its status,
        :class:`NotFoundError` for 404, else :class:`RejectedError`.
    """
    message = masked(fault.message)
    if fault.throttled:
        return ThrottledError(
            message, system=SYSTEM, call=call, code=fault.code, retry_after=fault.retry_after
        )
    error = _kind(fault)(
        message,
        system=SYSTEM,
        call=call,
        code=fault.code,
        record=record,
        remedy=_remedy(fault),
    )
    if isinstance(error, TransientApiError):
        error.retry_after = fault.retry_after
    return error


def masked(message: str) -> str:
    """Return ``message`` without e-mail addresses, which must not reach a log."""
    return re.sub(r"[^\s'\"<>(),;]+@[^\s'\"<>(),;]+", "***@***", message)


def missing_privilege(message: str) -> str | None:
    """Return the privilege that a 403 names, such as ``prvReadLead`` (section 20)."""
    found = re.search(r"\bprv[A-Za-z0-9_]+", message)
    return found.group() if found else None


def _kind(fault: Fault) -> type[ApiError]:
    if fault.code == faults.EXPIRED_VERSION:
        return DeltaExpiredError
    if fault.status == 401:
        return AuthenticationError
    if fault.status == 403:
        return PermissionDeniedError
    if fault.transient:
        return TransientApiError
    return NotFoundError if fault.status == 404 else RejectedError


def _remedy(fault: Fault) -> str:
    if remedy := _REMEDIES.get(fault.code):
        return remedy
    if fault.status == 401:
        return (
            "Check tenant and client id of the connection, and that its host is the organisation "
            "that the token is for."
        )
    if fault.status == 403:
        privilege = missing_privilege(fault.message)
        wanted = f"the privilege {privilege}" if privilege else "the privilege for this operation"
        return f"{_ROLE} {wanted}, at organisation level."
    if fault.code == faults.EXPIRED_VERSION:
        return "A full read replaces the expired link; nothing needs to be done."
    return ""
