"""All endpoints of the instance."""

from __future__ import annotations

from leadsync_sandbox.marketo.api import (
    activities,
    campaigns,
    custom_activities,
    custom_types,
    describe,
    lead_merge,
    lead_read,
    lead_write,
    lists,
    objects,
    stats,
)
from leadsync_sandbox.marketo.bulk import export_api, import_api
from leadsync_sandbox.marketo.routes import Route

_MODULES = (
    lead_read,
    lead_write,
    lead_merge,
    describe,
    activities,
    custom_types,
    custom_activities,
    lists,
    objects,
    campaigns,
    stats,
    export_api,
    import_api,
)


def all_routes() -> list[Route]:
    """Return every endpoint of the instance."""
    return [route for module in _MODULES for route in module.ROUTES]
