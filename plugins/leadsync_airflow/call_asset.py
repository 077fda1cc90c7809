"""The asset that DAGs wait for which answer calls of the flow step."""

from __future__ import annotations

from airflow.sdk import Asset, AssetWatcher

from leadsync_airflow.triggers.waiting_calls import WaitingCallsTrigger

CALLS = "leadsync_calls"


def waiting_calls() -> Asset:
    """Return the asset; its watcher makes an event of all calls that wait."""
    watcher = AssetWatcher(name="leadsync_waiting_calls", trigger=WaitingCallsTrigger())
    return Asset(CALLS, watchers=[watcher])
