"""Sends a ``$batch`` and reads its answer, whatever its outer status is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from leadsync.dynamics.batch import BatchAnswer, Operation, decode, encode, is_multipart
from leadsync.dynamics.channel import BATCH_TIMEOUT, Channel
from leadsync.dynamics.errors import to_error
from leadsync.dynamics.headers import CONTINUE_ON_ERROR

CALL = "POST $batch"


def send_batch(
    channel: Channel, operations: Sequence[Operation], on_doubt: Callable[[], None] | None = None
) -> BatchAnswer:
    """Send ``operations`` with continue-on-error and return the answers that came.

    :param on_doubt: told when an attempt's outcome is unknown; the batch is then sent again, so
        every operation has to bear a repetition.
    :raises ApiError: the batch as a whole was refused.
    """
    content_type, body = encode(operations)
    response = channel.call(
        "POST",
        "$batch",
        data=body,
        headers={
            "Content-Type": content_type,
            "Prefer": CONTINUE_ON_ERROR,
            "If-None-Match": "null",
        },
        timeout=BATCH_TIMEOUT,
        on_doubt=on_doubt,
        check=False,
    )
    answered_as = response.headers.get("content-type", "")
    if is_multipart(answered_as):
        return decode(answered_as, response.content)
    if response.status_code >= 400:
        raise to_error(channel.fault(response), CALL)
    return BatchAnswer((), complete=False)
