"""Watches the state store for calls of the flow step; an event stands for all that wait.

It runs in the triggerer. Nothing is kept in it: a triggerer that starts again looks at the store,
and announces what waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from leadsync_airflow.triggers.watch import Watch

if TYPE_CHECKING:
    from leadsync.state.call_port import Outlook
    from leadsync.state.store import SqlStateStore

POLL_SECONDS = 0.5
#: after the store could not be read.
PAUSE_SECONDS = 10.0


class WaitingCallsTrigger(BaseEventTrigger):
    """Fires when persons wait for a cycle, or callbacks to be sent.

    :param poll_seconds: between two looks at the store.
    """

    def __init__(self, poll_seconds: float = POLL_SECONDS) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.poll_seconds = poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what the triggerer makes the trigger from."""
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {"poll_seconds": self.poll_seconds}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield an event whenever a run is worth it; never ends."""
        from leadsync.clock import SystemClock
        from leadsync.errors import LeadsyncError

        watch, clock = Watch(), SystemClock()
        while True:
            try:
                outlook = await asyncio.to_thread(self._look)
            except LeadsyncError as error:
                self.log.warning("Cannot look for waiting calls: %s", error)
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if watch.announces(outlook, clock.now()):
                told = {"waiting": outlook.waiting, "callbacks": outlook.callbacks}
                yield TriggerEvent(told)  # type: ignore[no-untyped-call]
            await asyncio.sleep(self.poll_seconds)

    def _look(self) -> Outlook:
        from leadsync.clock import SystemClock

        return self._store.calls.outlook(SystemClock().now())

    @cached_property
    def _store(self) -> SqlStateStore:
        from leadsync.opened import open_state

        return open_state()
