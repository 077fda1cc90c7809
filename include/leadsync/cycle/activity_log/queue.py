"""What becomes of an entry of the queue: sent, in doubt, waiting for a reason, given up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from leadsync.errors import ApiError, NotSentError, ThrottledError, TransientApiError
from leadsync.model import RecordError
from leadsync.redaction import redact
from leadsync.state.port import ActivityRow

#: seconds: pauses after failures double up to the longest, so that an outage costs few calls.
PAUSE, LONGEST_PAUSE = 60.0, 900.0
#: seconds after which a call has certainly ended, and what it added can be read.
DOUBT = 900.0
#: an entry that Marketo refuses for a reason that may pass is tried so often.
MOST_TRIES = 5
NO_ANSWER = "sent without an answer: the log is read before anything is sent again"
KEPT_FOR = timedelta(days=14)
#: the person is gone; the activity is too large (reference/marketo-rest.md 4.3).
_FOR_GOOD = frozenset({"1004", "1049"})


def sending(row: ActivityRow, now: datetime) -> ActivityRow:
    """Mark an entry that goes out: until there is an answer, it may have been added."""
    due = now + timedelta(seconds=DOUBT)
    return {**row, "status": "sending", "tried_at": now, "due_at": due, "error": NO_ANSWER}


def may_be_there(error: ApiError) -> bool:
    """Tell whether a failed call may have added its activities all the same."""
    not_executed = isinstance(error, NotSentError | ThrottledError)
    return isinstance(error, TransientApiError) and not not_executed


def unsent(row: ActivityRow) -> ActivityRow:
    """Return an entry that certainly was not added, to be sent again."""
    return {**row, "status": "waiting"}


def postponed(row: ActivityRow, reason: str, now: datetime) -> ActivityRow:
    """Return an entry that waits because of what is in the way; what is in doubt stays so."""
    pause = min(PAUSE * 2.0 ** row["tries"], LONGEST_PAUSE)
    due = now + timedelta(seconds=pause)
    return {**row, "tries": row["tries"] + 1, "due_at": due, "error": redact(reason)}


def answered(row: ActivityRow, errors: Sequence[RecordError], now: datetime) -> ActivityRow:
    """Return an entry after Marketo's answer: added, or refused for now or for good."""
    if not errors:
        return sent(row)
    reason = "; ".join(f"{error.code} {error.message}".strip() for error in errors)
    permanent = any(error.code in _FOR_GOOD for error in errors)
    if permanent or row["tries"] + 1 >= MOST_TRIES:
        return given_up(row, reason)
    return postponed(unsent(row), reason, now)


def sent(row: ActivityRow) -> ActivityRow:
    """Return an entry that is in the person's log."""
    return {**row, "status": "sent", "error": None}


def given_up(row: ActivityRow, reason: str) -> ActivityRow:
    """Return an entry that is not tried again, with why."""
    return {**row, "status": "refused", "error": redact(reason)}


def outdated(row: ActivityRow, now: datetime) -> bool:
    """Tell whether an entry has waited for so long that it would tell of the past."""
    return now - row["created_at"] > KEPT_FOR
