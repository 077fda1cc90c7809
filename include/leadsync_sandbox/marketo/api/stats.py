"""Usage and error statistics of the whole instance (reference/marketo-rest.md 15)."""

from __future__ import annotations

from functools import partial

from leadsync_sandbox.marketo.envelope import Json
from leadsync_sandbox.marketo.instance import Instance
from leadsync_sandbox.marketo.limits import Limits
from leadsync_sandbox.marketo.request import Request
from leadsync_sandbox.marketo.routes import Route


def usage(days: int, box: Instance, _request: Request) -> Json:
    """``GET /rest/v1/stats/usage[/last7days].json``."""
    return {"result": Limits(box.database, box.clock, box.settings).usage(days)}


def errors(days: int, box: Instance, _request: Request) -> Json:
    """``GET /rest/v1/stats/errors[/last7days].json``."""
    return {"result": Limits(box.database, box.clock, box.settings).errors(days)}


_STATS = "/rest/v1/stats"
_PERMISSION = "Read-Only Lead"
ROUTES = [
    Route("GET", f"{_STATS}/usage.json", partial(usage, 1), _PERMISSION),
    Route("GET", f"{_STATS}/usage/last7days.json", partial(usage, 7), _PERMISSION),
    Route("GET", f"{_STATS}/errors.json", partial(errors, 1), _PERMISSION),
    Route("GET", f"{_STATS}/errors/last7days.json", partial(errors, 7), _PERMISSION),
]
