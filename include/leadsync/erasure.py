"""Erase a person by e-mail address, on request (S081).

The tombstone comes first, so that nothing is made again meanwhile; then the records go in both
systems, with their counterparts; what the store remembers of them goes last, because it is what a
run that starts again after a crash finds them by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from leadsync.clock import Clock
from leadsync.cycle.consent.marks import address_hash
from leadsync.errors import ConfigurationError, RejectedError
from leadsync.marketo.remove import DeleteResult
from leadsync.model import TABLES, Json, RowResult, Table
from leadsync.state.port import Lease, LinkRow, MarkRow, StateChanges, StateStore
from leadsync.state.turn import LEASE_SECONDS, PATIENCE, SENDER_LEASE, turn, when_free
from leadsync.values.keys import email_key

OWNER = "leadsync erase"
GONE = "1004"


class ErasesPersons(Protocol):
    """What is asked of Marketo."""

    def persons(
        self, filter_type: str, values: Sequence[str], fields: Sequence[str]
    ) -> list[Json]: ...

    def delete_persons(self, person_ids: Sequence[int]) -> list[DeleteResult]: ...


class ErasesRows(Protocol):
    """What is asked of Dynamics."""

    def rows_by_email(
        self, table: str, emails: Sequence[str], select: Sequence[str]
    ) -> list[Json]: ...

    def delete(self, table: str, row_id: str, etag: str | None = None) -> RowResult: ...


class DropsFrames(Protocol):
    """What is asked of staging."""

    def cycles(self) -> list[str]: ...

    def drop(self, cycle_id: str) -> None: ...


@dataclass(slots=True)
class Found:
    """The records of one address, by id."""

    persons: set[int] = field(default_factory=set)
    rows: dict[Table, set[str]] = field(default_factory=lambda: {t: set() for t in TABLES})

    def add(self, links: Iterable[LinkRow]) -> None:
        """Add both records of links."""
        for link in links:
            self.persons.add(link["marketo_id"])
            for table in TABLES:
                if link["dynamics_table"] == table:
                    self.rows[table].add(link["dynamics_id"])

    @property
    def row_ids(self) -> list[str]:
        """All rows' ids."""
        return sorted(row for rows in self.rows.values() for row in rows)


@dataclass(frozen=True, slots=True)
class Eraser:
    """Everything that may hold something of a person."""

    store: StateStore
    staging: DropsFrames
    marketo: ErasesPersons
    dynamics: ErasesRows
    clock: Clock

    def erase(self, address: str, *, keep_records: bool = False) -> Json:
        """Erase an address; a second run finds nothing, and one after a crash finds the rest.

        :param keep_records: leave the records of both systems and forget only what we hold.
        :returns: how many records and rows went, by place; nothing personal.
        :raises ConfigurationError: ``address`` is no e-mail address.
        :raises RejectedError: a system refuses a deletion; names the record. Nothing of the store
            is forgotten then.
        :raises LeaseHeldError: a cycle runs for longer than we wait.
        """
        key = email_key(address)
        if key is None or "@" not in key:
            raise ConfigurationError(
                "What is to be erased is no e-mail address.",
                remedy="Give the address that the person has in Marketo or Dynamics.",
            )
        with turn(self.store, self.clock, OWNER) as lease:
            mark = MarkRow(kind="erased", key_hash=address_hash(key), at=self.clock.now())
            self.store.apply(StateChanges(marks=[mark]), lease=lease)
            found = self._find(key)
            deleted: Json = {"persons": 0, **dict.fromkeys(TABLES, 0)}
            if not keep_records:
                deleted = {"persons": self._delete_persons(found), **self._delete_rows(found)}
            dropped = self._drop_frames()
            sender = self._stop_sender()
            forgotten = self.store.erase(sorted(found.persons), found.row_ids, address=key)
            self.store.release_lease(sender)
        return {"deleted": deleted, "forgotten": forgotten, "cycles_unstaged": dropped}

    def _find(self, key: str) -> Found:
        """Return the records with the address, in both systems and in memory, and counterparts."""
        found = Found()
        found.persons.update(int(p["id"]) for p in self.marketo.persons("email", [key], ("id",)))
        for table in TABLES:
            name = f"{table}id"
            rows = self.dynamics.rows_by_email(table, [key], (name,))
            found.rows[table].update(str(row[name]).lower() for row in rows)
        found.add(self.store.links_with(key))
        found.add(self.store.links_of_persons(sorted(found.persons)))
        for table in TABLES:
            found.add(self.store.links_of_rows(table, sorted(found.rows[table])))
        return found

    def _delete_persons(self, found: Found) -> int:
        count = 0
        for result in self.marketo.delete_persons(sorted(found.persons)) if found.persons else ():
            count += result.deleted
            refused = [error for error in result.errors if error.code != GONE]
            if not result.deleted and refused:
                raise _refused("marketo", f"person {result.person_id}", refused[0].message)
        return count

    def _delete_rows(self, found: Found) -> dict[str, int]:
        counts = dict.fromkeys(TABLES, 0)
        for table in TABLES:
            for row in sorted(found.rows[table]):
                result = self.dynamics.delete(table, row)
                counts[table] += result.status == "written"
                if result.status not in ("written", "missing"):
                    message = result.error.message if result.error else result.status
                    raise _refused("dynamics", f"{table} {row}", message)
        return {str(table): count for table, count in counts.items()}

    def _stop_sender(self) -> Lease:
        """Let no cycle's last step store again what is about to be forgotten."""
        current = self.store.current_lease(SENDER_LEASE)
        if current is not None:
            self.store.release_lease(current[0])
        return when_free(
            self.clock,
            lambda: self.store.acquire_lease(
                SENDER_LEASE, OWNER, self.clock.now(), LEASE_SECONDS, holder=OWNER
            ),
            PATIENCE,
        )

    def _drop_frames(self) -> int:
        """Remove staged frames: with the lease in our hands, no cycle is at work on them."""
        cycles = self.staging.cycles()
        for cycle_id in cycles:
            self.staging.drop(cycle_id)
        return len(cycles)


def _refused(system: str, record: str, message: str) -> RejectedError:
    return RejectedError(
        f"the deletion was refused: {message}",
        system=system,
        call="delete",
        record=record,
        remedy="Remove what keeps the record, or give the API user the right to delete it; then "
        "run the erasure again, which goes on where it stopped.",
    )
