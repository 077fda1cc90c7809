"""What Marketo is told every night, for its service log (reference/marketo-rest.md 18.1)."""

from __future__ import annotations

from datetime import datetime, timedelta

from leadsync.model import Json
from leadsync.state.port import StateStore

#: persons that wait so long point to a sync that stands still.
LONG = timedelta(minutes=15)


def service_status(store: StateStore, now: datetime) -> Json:
    """Return ``{info, warnings, errors}``; without personal data."""
    outlook, counts = store.calls.outlook(now), store.calls.counts()
    oldest = store.calls.waiting_requests(1)
    info = [f"{outlook.waiting} persons wait, {counts.open} calls are not answered yet."]
    warnings, errors = [], []
    if oldest and now - oldest[0]["requested_at"] > LONG:
        minutes = int((now - oldest[0]["requested_at"]).total_seconds() // 60)
        warnings.append(f"A person has been waiting for {minutes} minutes; does Airflow run?")
    if counts.given_up:
        errors.append(f"{counts.given_up} callbacks could not be delivered and were given up.")
    return {"info": info, "warnings": warnings, "errors": errors}
