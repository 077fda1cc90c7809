"""Bulk actions: the fastest writes, all or nothing per call (reference/dataverse-webapi.md 12).

For first loads and repairs. They know no ETags, so the cycle writes in ``$batch`` instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from leadsync.dynamics.channel import BATCH_TIMEOUT, Channel
from leadsync.dynamics.errors import to_error
from leadsync.dynamics.faults import DUPLICATE_ID, Fault
from leadsync.dynamics.naming import Naming, TableName
from leadsync.dynamics.outcome import refused
from leadsync.dynamics.read import Reader
from leadsync.model import Json, RowResult, RowWrite

#: Rows of one call; the service names no limit and advises 100 to 1000.
MAX_TARGETS = 1000


class BulkWriter:
    """Writes rows of one table with ``CreateMultiple`` and ``UpdateMultiple``."""

    def __init__(self, channel: Channel, naming: Naming, reader: Reader) -> None:
        self._channel = channel
        self._naming = naming
        self._reader = reader

    def write(self, writes: Sequence[RowWrite]) -> list[RowResult]:
        """Write rows of one table and one operation; results in input order, without ETags.

        The service does not say which row made it refuse a call, so a refused call is halved until
        the guilty rows stand alone: about ``2 log2 n`` calls for each. After a lost answer the ids
        tell what an earlier attempt has created.

        :raises ValueError: several tables or operations, or more than 1000 rows.
        :raises ApiError: the call as such was refused, for example for a missing privilege.
        """
        if not writes:
            return []
        if len({(write.table, write.operation) for write in writes}) != 1:
            raise ValueError("A bulk action takes rows of one table and one operation.")
        if len(writes) > MAX_TARGETS:
            raise ValueError(f"A bulk action takes {MAX_TARGETS} rows, not {len(writes)}.")
        return self._write(self._naming.of(writes[0].table), list(writes))

    def _write(self, name: TableName, writes: list[RowWrite]) -> list[RowResult]:
        fault, doubted = self._send(name, writes)
        if fault is None:
            return [RowResult("written") for _ in writes]
        if doubted and fault.code == DUPLICATE_ID:
            return self._remaining(name, writes)
        if len(writes) == 1:
            return [refused(writes[0], fault)]
        middle = len(writes) // 2
        return self._write(name, writes[:middle]) + self._write(name, writes[middle:])

    def _send(self, name: TableName, writes: Sequence[RowWrite]) -> tuple[Fault | None, bool]:
        """Return the refusal, if any, and whether an earlier attempt's outcome was unknown."""
        doubts: list[bool] = []
        action = "CreateMultiple" if writes[0].operation == "create" else "UpdateMultiple"
        address = f"{name.entity_set}/Microsoft.Dynamics.CRM.{action}"
        response = self._channel.call(
            "POST",
            address,
            json={"Targets": [_target(name, write) for write in writes]},
            timeout=BATCH_TIMEOUT,
            on_doubt=lambda: doubts.append(True),
            check=False,
        )
        if response.status_code < 400:
            return None, bool(doubts)
        fault = self._channel.fault(response)
        if fault.status in (403, 405):
            raise to_error(fault, f"POST {address}")
        return fault, bool(doubts)

    def _remaining(self, name: TableName, writes: list[RowWrite]) -> list[RowResult]:
        """Leave out the rows that a lost attempt has created, and write the others."""
        there = self._reader.etags(name, [write.row_id for write in writes])
        left = [write for write in writes if write.row_id.lower() not in there]
        done = iter(self._write(name, left) if left else [])
        return [
            RowResult("written", etag=there[write.row_id.lower()])
            if write.row_id.lower() in there
            else next(done)
            for write in writes
        ]


def _target(name: TableName, write: RowWrite) -> Json:
    return {
        "@odata.type": f"Microsoft.Dynamics.CRM.{name.logical}",
        **write.body,
        name.primary_id: write.row_id,
    }
