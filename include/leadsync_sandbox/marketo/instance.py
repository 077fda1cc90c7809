"""The parts of a Marketo instance that endpoints work with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from leadsync_sandbox.common.clock import SandboxClock
from leadsync_sandbox.common.database import Database
from leadsync_sandbox.common.keep import Keep
from leadsync_sandbox.common.settings import Settings
from leadsync_sandbox.marketo.activity_log import ActivityLog, Entry
from leadsync_sandbox.marketo.fields import FieldCatalog
from leadsync_sandbox.marketo.people import People


@dataclass(frozen=True, slots=True)
class Origin:
    """Who causes a change: shown as Source, Reason and API Method Name of its activities."""

    source: str = "Web service API"
    reason: str = "Web service API"
    method: str | None = None
    user: str | None = None
    request: str | None = None
    lag: float = 0.0

    def attributes(self) -> dict[str, str | None]:
        """Return the attributes that every Change Data Value carries."""
        return {
            "Source": self.source,
            "Reason": self.reason,
            "API Method Name": self.method,
            "Modifying User": self.user,
            "Request Id": self.request,
        }


@dataclass(frozen=True, slots=True)
class Instance:
    """One Marketo subscription.

    :param folder: where export files are kept.
    """

    folder: Path
    database: Database
    keep: Keep
    clock: SandboxClock
    settings: Settings
    fields: FieldCatalog
    people: People
    log: ActivityLog

    def record(self, entries: Iterable[Entry], origin: Origin) -> list[int]:
        """Log activities now, with the standing lag or the call's own."""
        lag = max(origin.lag, float(self.settings["activity_lag_seconds"]))
        return self.log.add(entries, self.clock.now(), lag)
