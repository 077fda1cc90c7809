"""Writes rows in ``$batch`` so that a repetition does no harm (reference/dataverse-webapi.md 11).

A batch whose answer is lost is sent again: an update carries ``If-Match``, so a second execution
changes nothing or is a conflict; a create carries the row's id, so it finds its own first attempt.
"""

from __future__ import annotations

from collections.abc import Sequence

from leadsync.dynamics.batch import MAX_OPERATIONS, BatchAnswer, Operation
from leadsync.dynamics.batches import CALL, send_batch
from leadsync.dynamics.channel import Channel
from leadsync.dynamics.errors import SYSTEM
from leadsync.dynamics.faults import TOO_LARGE, Fault
from leadsync.dynamics.naming import Naming, TableName
from leadsync.dynamics.operations import operation_of
from leadsync.dynamics.progress import Progress
from leadsync.dynamics.read import Reader
from leadsync.errors import RejectedError, ThrottledError, TransientApiError
from leadsync.http.retry import TRANSIENT_ATTEMPTS, retrying
from leadsync.model import RowResult, RowWrite


class Writer:
    """Writes rows of any table of one organisation."""

    def __init__(self, channel: Channel, naming: Naming, reader: Reader) -> None:
        self._channel = channel
        self._naming = naming
        self._reader = reader

    def write_rows(self, writes: Sequence[RowWrite]) -> list[RowResult]:
        """Write at most 1000 rows in one ``$batch``; results in input order.

        Parts that fail for a time (429, 5xx, deadlock) are sent again in a smaller batch; those
        that never come through are reported as ``conflict`` with their error. A batch that is too
        large is split.

        :raises ValueError: more than 1000 rows.
        :raises ApiError: the batch as a whole was refused.
        """
        if len(writes) > MAX_OPERATIONS:
            raise ValueError(f"A batch takes {MAX_OPERATIONS} rows, not {len(writes)}.")
        progress = Progress(writes)
        self._write(range(len(writes)), progress)
        self._recognise_own(progress)
        return progress.finished()

    def _write(self, rows: Sequence[int], progress: Progress) -> None:
        """Send ``rows`` until each has a result or has failed too often."""

        def attempt() -> None:
            left = progress.unsettled(rows)
            while left:
                answer = self._send(left, progress)
                if answer is None:
                    return
                left = progress.take(left, answer, self._channel.clock.now())
                if left and not answer.parts:
                    raise _EmptyAnswerError("the answer holds no part", system=SYSTEM, call=CALL)
            self._raise_faults(progress.faults(rows))

        try:
            retrying(self._channel.clock, attempts=_attempts)(attempt)
        except (_FailedRowsError, _ThrottledRowsError):
            return

    def _send(self, rows: Sequence[int], progress: Progress) -> BatchAnswer | None:
        """Return the answer to one batch, or ``None`` when it was too large and was split."""
        operations = [self._operation(progress.writes[index]) for index in rows]
        try:
            return send_batch(self._channel, operations, on_doubt=lambda: progress.doubt(rows))
        except RejectedError as error:
            if error.code not in (TOO_LARGE, "413") or len(rows) == 1:
                raise
        middle = len(rows) // 2
        self._write(rows[:middle], progress)
        self._write(rows[middle:], progress)
        return None

    def _operation(self, write: RowWrite) -> Operation:
        return operation_of(write, self._naming.of(write.table), self._channel.root)

    def _raise_faults(self, faults: Sequence[Fault]) -> None:
        """Raise temporary faults of rows, so that they are waited for and repeated."""
        if not faults:
            return
        message, code = f"{len(faults)} rows of a batch failed for a time", faults[0].code
        waits = [fault.retry_after for fault in faults if fault.retry_after is not None]
        longest = max(waits, default=None)
        if not any(fault.throttled for fault in faults):
            failed = _FailedRowsError(message, system=SYSTEM, call=CALL, code=code)
            failed.retry_after = longest
            raise failed
        error = _ThrottledRowsError(
            message, system=SYSTEM, call=CALL, code=code, retry_after=longest
        )
        self._channel.slow_down(error)
        raise error

    def _recognise_own(self, progress: Progress) -> None:
        """Turn ``exists`` into ``written`` where an earlier attempt made the row.

        The row is looked up by its id, for a taken alternate key may be another row's.
        """
        by_table: dict[TableName, list[int]] = {}
        for index in progress.taken_ids():
            name = self._naming.of(progress.writes[index].table)
            by_table.setdefault(name, []).append(index)
        for name, rows in by_table.items():
            ids = [progress.writes[index].row_id for index in rows]
            etags = self._reader.etags(name, ids)
            for index, row_id in zip(rows, ids, strict=True):
                if row_id.lower() in etags:
                    progress.settle(index, RowResult("written", etag=etags[row_id.lower()]))


class _FailedRowsError(TransientApiError):
    """Rows of an otherwise answered batch failed for a time."""


class _ThrottledRowsError(ThrottledError):
    """Rows of an otherwise answered batch were throttled."""


class _EmptyAnswerError(TransientApiError):
    """A batch was answered with something that holds no answers."""


def _attempts(error: BaseException) -> int:
    repeated = isinstance(error, _FailedRowsError | _ThrottledRowsError | _EmptyAnswerError)
    return TRANSIENT_ATTEMPTS if repeated else 1
