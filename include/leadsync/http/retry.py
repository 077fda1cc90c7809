"""Repeating of calls: waits through the injected clock, honours what the system asks for.

Which error may be repeated, and how often, is each client's policy.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

from tenacity import RetryCallState, Retrying, retry_if_exception

from leadsync.clock import Clock
from leadsync.errors import ApiError, ThrottledError, TransientApiError

logger = logging.getLogger(__name__)

#: How often a call may be made in all when it fails with this error; 1: never repeated.
Attempts = Callable[[BaseException], int]
#: A number in [0, 1).
Random = Callable[[], float]

THROTTLED_ATTEMPTS = 8
TRANSIENT_ATTEMPTS = 5


def idempotent_attempts(error: BaseException) -> int:
    """Return the attempts of a call that may run twice: all temporary failures are repeated."""
    if isinstance(error, ThrottledError):
        return THROTTLED_ATTEMPTS
    return TRANSIENT_ATTEMPTS if isinstance(error, TransientApiError) else 1


def retrying(
    clock: Clock,
    *,
    attempts: Attempts = idempotent_attempts,
    first_wait: float = 1.0,
    longest_wait: float = 60.0,
    jitter: float = 1.0,
    rand: Random = random.random,
) -> Retrying:
    """Return a caller that repeats a function: ``retrying(clock)(function, *arguments)``.

    The last error is raised as it is. A wait is what the system asked for (``retry_after``) plus up
    to ``jitter`` seconds, else it doubles from ``first_wait`` up to ``longest_wait``, of which a
    random half is waited at least.
    """

    def allowed(state: RetryCallState) -> int:
        error = _error(state)
        return 1 if error is None else attempts(error)

    def pause(state: RetryCallState) -> float:
        error = _error(state)
        if isinstance(error, TransientApiError) and error.retry_after is not None:
            return error.retry_after + jitter * rand()
        doubled = min(longest_wait, first_wait * 2.0 ** (state.attempt_number - 1))
        return float(doubled * (0.5 + 0.5 * rand()))

    return Retrying(
        sleep=clock.sleep,
        stop=lambda state: state.attempt_number >= allowed(state),
        wait=pause,
        retry=retry_if_exception(lambda error: attempts(error) > 1),
        before_sleep=_log_repeat,
        reraise=True,
    )


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _log_repeat(state: RetryCallState) -> None:
    error = _error(state)
    if isinstance(error, ApiError):
        pause = state.next_action.sleep if state.next_action else 0.0
        logger.warning(
            "%s: %s [%s] failed for now (%s), attempt %d; next in %.1f s",
            error.system,
            error.call,
            error.code,
            type(error).__name__,
            state.attempt_number,
            pause,
        )
