"""What every stage of one cycle knows: the engine it runs on and the cycle it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Literal, Protocol, TypeVar

from leadsync.clock import Clock, parse_instant
from leadsync.cycle.plan.plans import Plans
from leadsync.data_docs.archive import Archive
from leadsync.frames import Rows
from leadsync.gx_project.team import TeamSuites
from leadsync.mapping.model import Mapping as FieldMapping
from leadsync.model import Json
from leadsync.ports import CallLedger, DynamicsApi, MarketoApi
from leadsync.settings import Settings
from leadsync.state.port import Lease, RequestRow, StateStore
from leadsync.state.turn import CYCLE_LEASE
from leadsync.validation.model import Cells, Failure, RuleSet

CycleKind = Literal[
    "scheduled",
    "backfill",
    "manual",
    "requested",
    "reconcile",
    "field_backfill",
    "undo",
    "initial",
]
LEASE_NAME = CYCLE_LEASE
#: kinds of cycles that go on where the last one ended, and so bring the sync up to their time.
MOVING_KINDS = ("scheduled", "manual")
#: how long the first load keeps its lease: its tasks may wait for a worker, or for a bulk export.
INITIAL_LEASE_SECONDS = 1800.0

T = TypeVar("T")
R = TypeVar("R")


class StagingArea(Protocol):
    """Where a cycle's frames and documents wait between stages."""

    def write_rows(self, cycle_id: str, name: str, rows: Rows) -> str: ...

    def read_rows(self, cycle_id: str, name: str) -> Rows: ...

    def read_part(
        self,
        cycle_id: str,
        name: str,
        *,
        slots: range | None = None,
        columns: Sequence[str] | None = None,
    ) -> Rows: ...

    def write_document(self, cycle_id: str, name: str, document: Json) -> str: ...

    def read_document(self, cycle_id: str, name: str) -> Json | None: ...

    def cycles(self) -> list[str]: ...

    def drop(self, cycle_id: str) -> None: ...


class ParallelMap(Protocol):
    """Applies a function to items, possibly several at a time, and yields results in order."""

    def __call__(self, function: Callable[[T], R], items: Iterable[T]) -> Iterable[R]: ...


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything that the stages need of the outside, handed in (docs/architecture.md).

    :param check: the rule check: Great Expectations, or the plain functions in simulation.
    :param new_id: makes unique ids.
    :param holder: who runs this, for people who look at the lease.
    :param team: the team's own expectations.
    :param plans: the plans that this process has resolved.
    """

    clock: Clock
    marketo: MarketoApi
    dynamics: DynamicsApi
    store: StateStore
    staging: StagingArea
    ledger: CallLedger
    mapping: FieldMapping
    settings: Settings
    check: Callable[[Cells, RuleSet], list[Failure]]
    new_id: Callable[[], str]
    in_parallel: ParallelMap
    holder: str = ""
    archive: Archive | None = None
    team: TeamSuites = field(default_factory=TeamSuites)
    plans: Plans = field(default_factory=Plans)


@dataclass(frozen=True, slots=True)
class CycleRequest:
    """What a caller asks for.

    :param window_from: start of a backfill's interval; a scheduled run starts at its cursors.
    :param dry_run: read and decide only; nothing is written anywhere.
    :param requests: what a ``requested`` cycle works on.
    :param compare: persons whose pairs a ``reconcile`` or ``field_backfill`` cycle reads on both
        sides.
    :param only_field: the field that a ``field_backfill`` cycle is about.
    :param undo_of: the cycle whose writes an ``undo`` cycle takes back.
    """

    kind: CycleKind
    window_to: datetime
    window_from: datetime | None = None
    run_id: str = ""
    dry_run: bool = False
    requests: tuple[RequestRow, ...] = ()
    compare: tuple[int, ...] = ()
    only_field: str | None = None
    undo_of: str | None = None


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle under way; travels between tasks as JSON."""

    cycle_id: str
    kind: CycleKind
    run_id: str
    window_from: datetime | None
    window_to: datetime
    opened_at: datetime
    dry_run: bool = False
    lease_token: int | None = None
    only_field: str | None = None
    undo_of: str | None = None

    @property
    def reads_feeds(self) -> bool:
        """Whether the cycle asks what changed, from its cursors or in an interval."""
        return self.kind in ("scheduled", "manual", "backfill")

    @property
    def moves_cursors(self) -> bool:
        """Whether the cycle goes on where the last one ended; others read both sides anew."""
        return self.kind in MOVING_KINDS

    @property
    def shares_lease(self) -> bool:
        """Whether other cycles of the same run are at work beside this one."""
        return self.kind == "initial"

    @property
    def trusts_related(self) -> bool:
        """Whether accounts and owners are as they are stored, because feeds bring their changes."""
        return self.moves_cursors or self.kind == "initial"

    @property
    def lease_owner(self) -> str:
        """All attempts of one run share an owner, so that a rerun need not wait for the lease."""
        return self.run_id or self.cycle_id

    def to_json(self) -> Json:
        document: Json = {name: getattr(self, name) for name in self.__slots__}
        for name in ("window_from", "window_to", "opened_at"):
            moment = document[name]
            document[name] = moment.isoformat() if moment else None
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Cycle:
        moments = {
            name: parse_instant(document[name]) if document[name] else None
            for name in ("window_from", "window_to", "opened_at")
        }
        return cls(**{**document, **moments})


def held_lease(engine: Engine, cycle: Cycle) -> Lease | None:
    """Renew the cycle's lease and return it; a dry run has none.

    :raises LeaseLostError: another cycle took over; this one must start again from its first stage.
    """
    if cycle.lease_token is None:
        return None
    lease = Lease(LEASE_NAME, cycle.lease_owner, cycle.lease_token, cycle.opened_at)
    seconds = INITIAL_LEASE_SECONDS if cycle.shares_lease else engine.settings.lease_seconds
    return engine.store.renew_lease(lease, engine.clock.now(), seconds)


def in_turn(function: Callable[[T], R], items: Iterable[T]) -> Iterable[R]:
    """Apply ``function`` to one item after the other: the map of simulation and tests."""
    return map(function, items)


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut ``items`` into runs of at most ``size``, without ever holding more than one of them."""
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch


__all__ = ["Cycle", "CycleKind", "CycleRequest", "Engine", "batches", "held_lease"]
