"""The ids of leadsync's own activity types, read once an hour like the schemas."""

from __future__ import annotations

from datetime import timedelta

from leadsync.cycle.context import Engine
from leadsync.errors import LeadsyncError
from leadsync.model import MARKETO_SYNC_FAILED, MARKETO_SYNC_RECOVERED, Json

#: name under which the state store keeps them.
CACHED = "marketo.activity_types"
OWN_TYPES = (MARKETO_SYNC_FAILED, MARKETO_SYNC_RECOVERED)


class ActivityTypesMissingError(LeadsyncError):
    """Marketo lacks an activity type of ours, or it is not approved."""


def own_types(engine: Engine) -> dict[str, int]:
    """Return the ids of our activity types by API name; 1 call unless they are cached.

    :raises ActivityTypesMissingError: names those that cannot be used; nothing is cached then.
    """
    cached = engine.store.cached_schema(CACHED)
    now = engine.clock.now()
    age = timedelta(seconds=engine.settings.schema_ttl_seconds)
    if cached and now - cached[0] < age and cached[1].keys() >= set(OWN_TYPES):
        return {name: int(cached[1][name]) for name in OWN_TYPES}
    found = engine.marketo.activity_types()
    missing = [name for name in OWN_TYPES if name not in found or not found[name].usable]
    if missing:
        raise ActivityTypesMissingError(
            f"The custom activity types {' and '.join(missing)} are missing in Marketo or not "
            "approved.",
            remedy="Run `leadsync doctor --provision`, which creates and approves them.",
        )
    ids: Json = {name: found[name].type_id for name in OWN_TYPES}
    engine.store.cache_schema(CACHED, ids, now)
    return ids


def forget_types(engine: Engine) -> None:
    """Look at the types anew next time, because Marketo refused an activity of one of them."""
    engine.store.cache_schema(CACHED, {}, engine.clock.now())
