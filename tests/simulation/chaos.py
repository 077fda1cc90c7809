"""What goes wrong while a cycle runs: edits, refusals, lost answers, the end of the process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from leadsync.cycle.context import Engine
from leadsync.errors import ThrottledError, TransientApiError
from support.world import World

MARKETO = ("paging_token", "lead_changes", "deleted_leads", "persons", "sync_persons")
DYNAMICS = ("delta", "rows_by_id", "rows_modified", "write_rows")
WRITES = ("sync_persons", "write_rows")
STORE = ("apply", "acquire_lease", "release_lease")
STAGING = ("write_rows", "write_document", "drop")


class Crash(BaseException):
    """The process is gone; nothing of it runs any more."""


@dataclass
class Weather:
    """What one cycle meets; steps are counted over the whole cycle.

    :param crash_at: the durable step before or after which the process dies.
    :param edits_at: calls to a system before which a user does something.
    :param faults: calls to a system that fail, with how.
    """

    crash_at: int | None = None
    edits_at: frozenset[int] = frozenset()
    faults: dict[int, str] = field(default_factory=dict)

    @classmethod
    def drawn(cls, random: Random, *, edits: bool, faults: bool, crashes: bool) -> Weather:
        """Draw the weather of one cycle."""
        kinds = ("throttled", "lost answer", "lost answer", "lost request")
        return cls(
            crash_at=random.randrange(130) if crashes and random.random() < 0.5 else None,
            edits_at=frozenset(random.randrange(14) for _ in range(random.randrange(3) * edits)),
            faults={
                random.randrange(14): random.choice(kinds)
                for _ in range(random.randrange(3) * faults)
            },
        )


@dataclass
class Chaos:
    """Stands between an engine and the world for one cycle."""

    world: World
    weather: Weather
    act: Callable[[], None]
    note: Callable[[str], int]
    calls: int = 0
    steps: int = 0

    def around(self, engine: Engine) -> Engine:
        """Return the engine with everything it touches watched."""
        return replace(
            engine,
            marketo=_Watched(engine.marketo, MARKETO, self._call),
            dynamics=_Watched(engine.dynamics, DYNAMICS, self._call),
            store=_Watched(engine.store, STORE, self._step),
            staging=_Watched(engine.staging, STAGING, self._step),
        )

    def _call(self, name: str, function: Callable[[], Any]) -> Any:
        self.calls += 1
        self.world.clock.advance(1)
        if self.calls in self.weather.edits_at:
            self.act()
        fault = self.weather.faults.get(self.calls)
        if fault:
            self.note(f"fault: {name} {fault}")
        if fault == "throttled":
            raise ThrottledError("slow down", system="simulated", call=name)
        if fault == "lost request":
            raise TransientApiError("lost", system="simulated", call=name)
        result = self._step(name, function) if name in WRITES else function()
        if fault == "lost answer":
            raise TransientApiError("lost", system="simulated", call=name)
        return result

    def _step(self, name: str, function: Callable[[], Any]) -> Any:
        self._maybe_crash(f"before {name}")
        result = function()
        self._maybe_crash(f"after {name}")
        return result

    def _maybe_crash(self, where: str) -> None:
        self.steps += 1
        if self.steps == self.weather.crash_at:
            self.note(f"crash {where}")
            raise Crash


class _Watched:
    """Passes everything on; the named methods go through ``around``."""

    def __init__(
        self,
        inner: Any,
        names: tuple[str, ...],
        around: Callable[[str, Callable[[], Any]], Any],
    ) -> None:
        self._inner, self._names, self._around = inner, names, around

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in self._names:
            return found
        return lambda *args, **kwargs: self._around(name, lambda: found(*args, **kwargs))
