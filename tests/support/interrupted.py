"""Cycles that lose an answer or stop half-way, in a simulated world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from leadsync.cycle import stages
from leadsync.cycle.context import CycleRequest
from leadsync.errors import TransientApiError
from support.world import World


def loses_answers(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a call that is executed, and whose answer is lost."""

    def call(*args: Any, **kwargs: Any) -> Any:
        function(*args, **kwargs)
        raise TransientApiError("lost", system="simulated", call="write")

    return call


@contextmanager
def altered(system: Any, name: str, change: Callable[..., Any]) -> Iterator[None]:
    """Put a changed call into the place of a system's own for a while."""
    own = getattr(system, name)
    setattr(system, name, change(own))
    try:
        yield
    finally:
        setattr(system, name, own)


class RunInStages:
    """A cycle up to its load stages, which the test runs itself."""

    def __init__(self, world: World) -> None:
        world.clock.advance(60)
        self.engine = world.engine
        request = CycleRequest(kind="scheduled", window_to=world.clock.now(), run_id="run")
        self.cycle = stages.open_cycle(self.engine, request)
        stages.extract_marketo(self.engine, self.cycle)
        stages.extract_dynamics(self.engine, self.cycle)
        stages.merge_and_validate(self.engine, self.cycle)
        stages.load_dynamics(self.engine, self.cycle)

    def load(self) -> None:
        """Write to Marketo, for the first time or again."""
        stages.load_marketo(self.engine, self.cycle)

    def commit(self) -> None:
        """End the cycle."""
        stages.quarantine_and_commit(self.engine, self.cycle)


def cycle_with_lost_create(world: World) -> None:
    """Run a cycle in which the answer to the writes to Marketo is lost."""
    with pytest.raises(TransientApiError), altered(world.marketo, "sync_persons", loses_answers):
        world.cycle()
