"""When waiting calls are announced: pure, so that it can be tested without time and Airflow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadsync.state.call_port import Outlook

#: what still waits is announced again, less and less often: its run may have died.
FIRST_AGAIN = timedelta(seconds=15)
LONGEST_AGAIN = timedelta(minutes=5)
#: the run that answered a call also sends its callback; one that is due for longer needs a run.
CALLBACK_PATIENCE = timedelta(seconds=3)


@dataclass(slots=True)
class Watch:
    """Decides which looks at the store are worth an event; one instance per trigger."""

    _newest: datetime | None = None
    _callbacks_since: datetime | None = None
    _again: timedelta = FIRST_AGAIN
    _next: datetime | None = None

    def announces(self, outlook: Outlook, now: datetime) -> bool:
        """Tell whether to start a run: for what is new at once, for what is left after a while."""
        if not self._worth_a_run(outlook, now):
            return False
        if outlook.newest is not None and outlook.newest != self._newest:
            self._newest, self._again = outlook.newest, FIRST_AGAIN
        elif self._next is not None and now < self._next:
            return False
        else:
            self._again = min(LONGEST_AGAIN, self._again * 2 if self._next else self._again)
        self._next = now + self._again
        return True

    def _worth_a_run(self, outlook: Outlook, now: datetime) -> bool:
        if not outlook.callbacks:
            self._callbacks_since = None
        elif self._callbacks_since is None:
            self._callbacks_since = now
        if not outlook.waiting and not outlook.callbacks:
            self._next = None
        since = self._callbacks_since
        return bool(outlook.waiting) or (since is not None and now - since >= CALLBACK_PATIENCE)
