"""What the state store knows of a first load that is under way, kept as cursors until it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from leadsync.clock import parse_instant
from leadsync.model import Json

#: the cursor that tells of a first load under way; the names of all others begin with it.
FIRST_LOAD = "first_load"


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows on their way to one system that were judged, and those of them that failed."""

    rows: int = 0
    failed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.rows + other.rows, self.failed + other.failed)


NOTHING = Tally()


@dataclass(frozen=True, slots=True)
class DonePartition:
    """A partition that was committed.

    :param records: persons and rows that it accounts for.
    :param judged: by who judged, as ``rules dynamics`` or ``server marketo``.
    """

    cycle_id: str
    at: datetime
    records: int
    judged: Mapping[str, Tally]

    def format(self) -> str:
        """Write the mark for storing."""
        return json.dumps({**asdict(self), "at": self.at.isoformat()})

    @classmethod
    def parse(cls, text: str) -> DonePartition:
        """Read a stored mark."""
        stored: Json = json.loads(text)
        judged = {name: Tally(**tally) for name, tally in stored["judged"].items()}
        return cls(**{**stored, "at": parse_instant(stored["at"]), "judged": judged})


@dataclass(frozen=True, slots=True)
class LoadCursors:
    """Names of the cursors of one load."""

    load_id: str

    @property
    def prefix(self) -> str:
        """How all names but :data:`FIRST_LOAD` begin."""
        return f"{FIRST_LOAD}.{self.load_id}."

    @property
    def divided(self) -> str:
        """Says into how many partitions the load was divided, and when."""
        return f"{self.prefix}divided"

    def read(self, source: str) -> str:
        """Says how many records a window or table had."""
        return f"{self.prefix}read.{source}"

    def mark(self, number: int) -> str:
        """Says that a partition is done."""
        return f"{self.prefix}{number}"

    def done(self, cursors: Mapping[str, str]) -> dict[int, DonePartition]:
        """Return the partitions that are done, by number."""
        own = ((name.removeprefix(self.prefix), text) for name, text in self.of(cursors).items())
        return {int(name): DonePartition.parse(text) for name, text in own if name.isdigit()}

    def of(self, cursors: Mapping[str, str]) -> dict[str, str]:
        """Return the load's own cursors."""
        return {name: text for name, text in cursors.items() if name.startswith(self.prefix)}


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """How far a first load is.

    :param sources: windows of Marketo's export and tables of Dynamics; ``sources_read`` of them
        are read, and held ``records_read`` persons and rows.
    :param partitions: ``None`` until everything is read.
    :param records_done: persons and rows of the partitions that are done.
    :param ends_at: by the pace of the partitions so far; ``None`` until one is done.
    """

    load_id: str
    started_at: datetime
    sources: int
    sources_read: int
    records_read: int
    partitions: int | None
    partitions_done: int
    records_done: int
    records_per_second: float | None
    ends_at: datetime | None

    def told(self) -> str:
        """Return one line for people."""
        if self.partitions is None:
            return (
                f"{self.sources_read} of {self.sources} windows and tables are read, "
                f"{self.records_read} records."
            )
        line = (
            f"{self.partitions_done} of {self.partitions} partitions are done, "
            f"{self.records_done} of {self.records_read} records"
        )
        if self.ends_at is None or self.records_per_second is None:
            return f"{line}."
        pace, end = self.records_per_second, f"{self.ends_at:%F %R} UTC"
        return f"{line}, {pace:.0f} a second; the end is near {end}."


def begun(load_id: str, started_at: datetime, sources: int) -> str:
    """Write the cursor of a load that begins, or is gone on with."""
    document = {"load_id": load_id, "started_at": started_at.isoformat(), "sources": sources}
    return json.dumps(document)


def divided(number: int, at: datetime) -> str:
    """Write the cursor of a load that was divided."""
    return json.dumps({"partitions": number, "at": at.isoformat()})


def progress_of(cursors: Mapping[str, str]) -> LoadProgress | None:
    """Return how far the first load is that is under way, if there is one."""
    if FIRST_LOAD not in cursors:
        return None
    stored = json.loads(cursors[FIRST_LOAD])
    names = LoadCursors(stored["load_id"])
    done = names.done(cursors)
    read = [int(text) for name, text in cursors.items() if name.startswith(names.read(""))]
    into = json.loads(cursors.get(names.divided, "{}"))
    records, records_done = sum(read), sum(one.records for one in done.values())
    latest = max((one.at for one in done.values()), default=None)
    pace = ends_at = None
    if into and latest:
        seconds = (latest - parse_instant(into["at"])).total_seconds()
        pace = records_done / seconds if seconds > 0 else None
    if pace and latest:
        ends_at = latest + timedelta(seconds=max(0, records - records_done) / pace)
    return LoadProgress(
        load_id=stored["load_id"],
        started_at=parse_instant(stored["started_at"]),
        sources=stored["sources"],
        sources_read=len(read),
        records_read=records,
        partitions=into.get("partitions"),
        partitions_done=len(done),
        records_done=records_done,
        records_per_second=pace,
        ends_at=ends_at,
    )
