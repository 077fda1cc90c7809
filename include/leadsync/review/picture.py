"""The quarantine of the day in a few numbers, for status and doctor."""

from __future__ import annotations

from datetime import datetime, timedelta

from leadsync.model import Json
from leadsync.review.documents import cause_text
from leadsync.state.item_filter import ItemFilter
from leadsync.state.port import StateStore
from leadsync.state.rows import WAITING

DAY = timedelta(hours=24)


def daily_picture(store: StateStore, now: datetime) -> Json:
    """Return what came and went in the last 24 hours, and what most rows wait for.

    :returns: ``{new_24h, ended_24h, refused_by_server, top_cause}``; ``refused_by_server`` counts
        waiting rows for which validation lacks a rule.
    """
    since = now - DAY
    seen = store.quarantine(where=ItemFilter(since=since))
    refused = store.quarantine(statuses=WAITING, where=ItemFilter(source="server"))
    causes = store.quarantine_causes(statuses=WAITING)
    return {
        "new_24h": sum(item["first_seen"] >= since for item in seen),
        "ended_24h": sum(item["status"] not in WAITING for item in seen),
        "refused_by_server": len(refused),
        "top_cause": cause_text(causes[0]) if causes else None,
    }


def told(picture: Json, waiting: int) -> str:
    """Return the picture as a sentence."""
    parts = [
        f"{waiting} rows wait",
        f"{picture['new_24h']} new and {picture['ended_24h']} ended in 24 hours",
    ]
    if picture["refused_by_server"]:
        lacking = f"{picture['refused_by_server']} refused by a server"
        parts.append(f"{lacking} (`leadsync quarantine missing-rules`)")
    if picture["top_cause"]:
        parts.append(f"mostly {picture['top_cause']}")
    return "; ".join(parts)
