"""Where a record belongs: people who may be one and the same must meet in one partition.

A slot is a number made of the e-mail key, or of the record's own id where it has no address. It is
the same in every process. Partitions are equal ranges of slots, so their number may be chosen after
everything is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from leadsync.cycle.context import Engine
from leadsync.frames import Rows
from leadsync.model import Json
from leadsync.state.port import Values

SLOTS = 2**32
#: records that wait in memory for their part of the staging.
PART = 20_000


def slot_of(email_key: str | None, own_key: str) -> int:
    """Return the slot of a record.

    :param own_key: tells a record without an address from all others.
    """
    digest = hashlib.blake2b((email_key or f"\0{own_key}").encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")


def slots_of(number: int, partitions: int) -> range:
    """Return the slots of partition ``number``, counted from 0."""
    return range(number * SLOTS // partitions, (number + 1) * SLOTS // partitions)


class Parts:
    """Stages many records in parts of bounded size, each in the order of slots.

    :ivar names: the parts that were written.
    """

    def __init__(
        self,
        engine: Engine,
        load_id: str,
        prefix: str,
        columns: Sequence[str],
        fields: Sequence[str],
    ) -> None:
        self._engine, self._load_id, self._prefix = engine, load_id, prefix
        self._columns, self._fields = columns, fields
        self._waiting: list[tuple[Json, Values]] = []
        self.names: list[str] = []

    def add(self, record: Json, values: Values) -> None:
        """Take a record with its ``slot``."""
        self._waiting.append((record, values))
        if len(self._waiting) >= PART:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if not self._waiting:
            return
        self._waiting.sort(key=lambda pair: int(pair[0]["slot"]))
        rows = Rows(
            self._columns,
            [record for record, _ in self._waiting],
            self._fields,
            [values for _, values in self._waiting],
        )
        name = f"{self._prefix}.{len(self.names):05d}"
        self._engine.staging.write_rows(self._load_id, name, rows)
        self.names.append(name)
        self._waiting = []
