"""Seconds that the real service was recorded to take (reference/marketo-rest.md 20)."""

from __future__ import annotations

from leadsync_sandbox.common.calls import Call

_SYNC = 1.2
_LISTS = 0.45
_READS = 0.41


def realistic_latency(call: Call) -> float:
    """Return the median latency of a call's kind."""
    if call.path.startswith("/identity/"):
        return 0.1
    if call.method == "POST" and call.path.endswith("/leads.json"):
        return _SYNC
    return _LISTS if "/list" in call.path else _READS
