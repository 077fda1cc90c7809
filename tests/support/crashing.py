"""The end of the process at a given durable step: a stored row, a call that writes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from leadsync.cycle.context import Engine


class Crash(BaseException):
    """The process is gone; nothing of it runs any more."""


class Steps:
    """Counts durable steps and crashes before or after the one that is due."""

    def __init__(self, due: int) -> None:
        self.due = due
        self.taken = 0

    def take(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        self.taken += 1
        if self.taken == self.due:
            raise Crash
        result = function(*args, **kwargs)
        self.taken += 1
        if self.taken == self.due:
            raise Crash
        return result


class Watched:
    """Passes everything on, and turns the named methods into durable steps."""

    def __init__(self, inner: Any, steps: Steps, methods: tuple[str, ...]) -> None:
        self._inner, self._steps, self._methods = inner, steps, methods

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in self._methods:
            return found
        return lambda *args, **kwargs: self._steps.take(found, *args, **kwargs)


def watched(engine: Engine, steps: Steps) -> Engine:
    """Return the engine with everything durable that it does counted as a step."""
    return replace(
        engine,
        store=Watched(engine.store, steps, ("apply", "acquire_lease", "release_lease")),
        staging=Watched(engine.staging, steps, ("write_rows", "write_document")),
        marketo=Watched(engine.marketo, steps, ("sync_persons", "add_activities")),
        dynamics=Watched(engine.dynamics, steps, ("write_rows",)),
    )
