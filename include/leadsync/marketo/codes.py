"""What each of Marketo's error codes means for us (reference/marketo-rest.md 4.2 to 4.6)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from leadsync.clock import format_instant
from leadsync.errors import (
    ApiError,
    AuthenticationError,
    PermissionDeniedError,
    QuotaSpentError,
    RejectedError,
    SchemaChangedError,
    ThrottledError,
    TransientApiError,
)
from leadsync.model import RecordError

TOKEN_CODES = frozenset({"600", "601", "602"})
#: the code that treats "nothing there" as a failure (reference/marketo-rest.md 4.2).
NO_DATA = "702"
DAILY_QUOTA = "607"
#: the instance's calls in a time are used up, so that every other call would fail as well.
RATE_LIMITED = frozenset({"606", "429"})
RATE_WINDOW_SECONDS = 20.0
QUEUE_SECONDS = 60.0

_TRANSIENT = frozenset({"0", "500", "502", "604", "608", "611", "614", "713", "719"})
_QUEUE_FULL = frozenset({"1016", "1019", "1029"})
#: both readings of "midnight Central" are over by then, with five minutes to spare
#: (reference/marketo-rest.md 5 and 22).
_SAFE_RESET = time(6, 5, tzinfo=UTC)
_PERSONAL = re.compile(r"[^\s'\"<>()\[\],]+@[^\s'\"<>()\[\],]+|(?<=value ')[^']*(?=')")

_CHECK_SERVICE = "A new token was refused too: check that the LaunchPoint service is still active."
_REMEDIES = {
    **dict.fromkeys(TOKEN_CODES, _CHECK_SERVICE),
    "603": "Give the API user's role the permission for this call, and check the IP allow list.",
    "610": "Check the connection's host: it must be the REST endpoint of a Marketo instance.",
    "1006": "Refresh the schema; correct the field's name in the mapping file or remove it there.",
    "1011": "Use a searchable field: leadsync doctor lists what is missing.",
    "1018": "Switch the native CRM sync off: it owns these objects (semantics.md 1).",
    "1027": "Delete a custom activity type in Marketo: 10 is the most it allows.",
    "1035": "The subscription lacks this export filter; export by createdAt instead.",
}


class TokenRefusedError(AuthenticationError):
    """The token was valid once or never; a new one may help. Nothing was executed."""


def error_for(errors: Sequence[RecordError], call: str, now: datetime) -> ApiError:
    """Return the error to raise for an answer with ``success: false``.

    :param errors: at least one; the first decides, all codes are told.
    :param now: decides when a spent quota is back.
    """
    code, message = errors[0].code, masked(errors[0].message)
    if len(errors) > 1:
        message += f" (with {', '.join(error.code for error in errors[1:])})"
    if code in ("606", "615") or code in _QUEUE_FULL or code == DAILY_QUOTA:
        return _slow_down(code, message, call, now)
    kind = _kind(code)
    return kind(message, system="marketo", call=call, code=code, remedy=_REMEDIES.get(code, ""))


def _kind(code: str) -> type[ApiError]:
    if code in TOKEN_CODES:
        return TokenRefusedError
    if code in _TRANSIENT:
        return TransientApiError
    return {"603": PermissionDeniedError, "1006": SchemaChangedError}.get(code, RejectedError)


def _slow_down(code: str, message: str, call: str, now: datetime) -> ApiError:
    lowered = message.lower()
    if code == DAILY_QUOTA or (code == "1029" and "quota" in lowered):
        return quota_spent(code, message, call, now)
    if code == "1029" and "already" in lowered:
        return RejectedError(message, system="marketo", call=call, code=code)
    waits = {"606": RATE_WINDOW_SECONDS, "615": None}
    return ThrottledError(
        message,
        system="marketo",
        call=call,
        code=code,
        retry_after=waits.get(code, QUEUE_SECONDS),
    )


def quota_spent(code: str, message: str, call: str, now: datetime) -> QuotaSpentError:
    """Return the error that parks the sync until the quota is back."""
    resets_at = safe_reset(now)
    return QuotaSpentError(
        message,
        system="marketo",
        call=call,
        code=code,
        remedy=f"The sync goes on by itself after {format_instant(resets_at)}; "
        "lower the use by other integrations or buy a larger quota.",
        resets_at=resets_at,
    )


def safe_reset(now: datetime) -> datetime:
    """Return when the instance's daily quota is back for certain."""
    today = datetime.combine(now.astimezone(UTC).date(), _SAFE_RESET)
    return today if today > now else today + timedelta(days=1)


def masked(message: str) -> str:
    """Return a server's message without e-mail addresses and quoted values."""
    return _PERSONAL.sub("***", message)
