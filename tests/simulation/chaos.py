"""What goes wrong while a cycle runs: edits, refusals, lost answers, the end of the process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any, NoReturn

from leadsync.cycle.context import Engine
from leadsync.errors import ThrottledError, TransientApiError
from leadsync.ports import CallLedger
from simulation.oracle_of_moments import check_moment, states
from simulation.schedule import Act, Weather
from simulation.users import Users
from support.simulated import ManualClock

MARKETO = (
    "paging_token",
    "lead_changes",
    "deleted_leads",
    "activities",
    "persons",
    "sync_persons",
    "merge_persons",
    "activity_types",
    "add_activities",
)
DYNAMICS = (
    "delta",
    "rows_by_id",
    "rows_by",
    "rows_modified",
    "write_rows",
    "qualify_lead",
    "merge_rows",
)
WRITES = (
    "sync_persons",
    "write_rows",
    "qualify_lead",
    "merge_persons",
    "merge_rows",
    "add_activities",
)
STORE = ("apply", "acquire_lease", "release_lease")
STAGING = ("write_rows", "write_document", "drop")


class Crash(BaseException):
    """The process is gone; nothing of it runs any more."""


@dataclass
class Chaos:
    """Stands between an engine and the world for one attempt at a cycle.

    :param act: lets a user do something.
    :param note: adds a line to the story.
    :param users: who edit what is about to be written.
    :param ledger: counts calls against the systems' limits.
    :param sleep: lets the process sleep until another one has done everything; tells whether it had
        a lease that it can lose.
    :ivar made: calls that reached a system, by system and day.
    :ivar steps: durable steps so far: each counts once before it and once after it.
    :ivar stored: writes to the store so far; ``slept`` once the process has lost its lease.
    """

    clock: ManualClock
    weather: Weather
    act: Callable[[Act], None]
    note: Callable[[str], int]
    users: Users
    ledger: CallLedger
    sleep: Callable[[], bool]
    calls: int = 0
    made: Counter[tuple[str, date]] = field(default_factory=Counter)
    written: int = 0
    steps: int = 0
    stored: int = 0
    slept: bool = False

    def around(self, engine: Engine) -> Engine:
        """Return the engine with everything it touches watched."""
        return replace(
            engine,
            marketo=_Watched(engine.marketo, MARKETO, partial(self._call, "marketo")),
            dynamics=_Watched(engine.dynamics, DYNAMICS, partial(self._call, "dynamics")),
            store=_Watched(engine.store, STORE, self._step),
            staging=_Watched(engine.staging, STAGING, self._step),
        )

    def _call(
        self, system: str, name: str, function: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        self.ledger.acquire(system)
        self.made[system, self.clock.now().date()] += 1
        self.calls += 1
        self.clock.advance(1)
        if self.calls in self.weather.edits:
            self.act(self.weather.edits[self.calls])
        if self.weather.clash is not None:
            self._meet(name, args, self.weather.clash + self.calls)
        fault = self.weather.faults.get(self.calls)
        if name in WRITES:
            self.written += 1
            fault = "lost answer" if self.written == self.weather.lost_write else fault
        if fault:
            self.note(f"fault: {name} {fault}")
        if fault == "throttled":
            raise ThrottledError("slow down", system="simulated", call=name)
        if fault == "lost request":
            raise TransientApiError("lost", system="simulated", call=name)
        if name in WRITES:
            result = self._write(name, function, *args, **kwargs)
        else:
            result = function(*args, **kwargs)
        if fault == "lost answer" and self.weather.fatal:
            self._crash(name, "after")
        if fault == "lost answer":
            raise TransientApiError("lost", system="simulated", call=name)
        return result

    def _write(self, name: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Let a call write, and judge what it writes to rows as they are now."""
        if name != "write_rows":
            return self._step(name, function, *args, **kwargs)
        before = states(self.users.world.dynamics.rows, args[0])
        results = self._step(name, function, *args, **kwargs)
        check_moment(before, args[0], results)
        return results

    def _meet(self, name: str, args: Sequence[Any], seed: int) -> None:
        """Let users edit what a call is about to write."""
        if name == "write_rows":
            self.users.clash(args[0], seed)
        elif name == "sync_persons" and args[1] == "id":
            self.users.edit_beside(args[2], seed, over=self._is_calm)

    @property
    def _is_calm(self) -> bool:
        """Whether every write is recorded: else nobody can tell what it went over."""
        weather = self.weather
        troubles = (weather.crash_at, weather.lost_write, weather.stall)
        return not weather.faults and all(one is None for one in troubles)

    def _step(self, name: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        crash_at = self.weather.crash_at
        self._doze(name)
        self.steps += 1
        if self.steps == crash_at:
            self._crash(name, "before")
        result = function(*args, **kwargs)
        assert name in STAGING or not self.slept, f"S122: {name} after the lease was lost"
        self.steps += 1
        if self.steps == crash_at:
            self._crash(name, "after")
        return result

    def _doze(self, name: str) -> None:
        """Let the process lose its lease before a write to the store (S122)."""
        self.stored += name == "apply"
        if name == "apply" and self.stored == self.weather.sleep_at:
            self.slept = self.sleep()

    def _crash(self, name: str, when: str) -> NoReturn:
        self.note(f"crash {when} {name}")
        raise Crash


class _Watched:
    """Passes everything on; the named methods go through ``around``."""

    def __init__(
        self,
        inner: Any,
        names: tuple[str, ...],
        around: Callable[..., Any],
    ) -> None:
        self._inner, self._names, self._around = inner, names, around

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name in self._names:
            found = partial(self._around, name, found)
        if callable(found):
            setattr(self, name, found)
        return found
