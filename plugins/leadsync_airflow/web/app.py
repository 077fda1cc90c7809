"""Puts the web app together: which routers there are, and what a caller must show for each.

A module of this package makes a router and is listed here. Plugin apps have no protection of their
own in Airflow, and neither have FastAPI's documentation pages (reference/airflow-gx.md 5), so every
router is listed with a guard and there are no such pages.
"""

from __future__ import annotations

from typing import NamedTuple

from airflow.api_fastapi.core_api.security import get_user
from fastapi import APIRouter, Depends, FastAPI
from fastapi.params import Depends as Guard

from leadsync_airflow.web import about, reports, ssfs, webhook

#: Airflow's own login, by token or by the cookie of its pages. What a user may do beyond reading
#: is for the router to ask, with ``requires_access_dag`` and the like.
SIGNED_IN = Depends(get_user)


#: What an administrator's browser or Marketo reads before it has a key; tells nothing of anybody.
OPEN = Depends(lambda: None)


class Guarded(NamedTuple):
    """A router and what a request must show before any of its handlers runs."""

    router: APIRouter
    guard: Guard


ROUTERS = (
    Guarded(about.router, SIGNED_IN),
    Guarded(reports.router, SIGNED_IN),
    Guarded(ssfs.public, OPEN),
    Guarded(ssfs.router, Depends(ssfs.key)),
    Guarded(webhook.router, Depends(webhook.key)),
)


def create_app() -> FastAPI:
    """Return the application with all routers."""
    app = FastAPI(title="leadsync", openapi_url=None, docs_url=None, redoc_url=None)
    for router, guard in ROUTERS:
        app.include_router(router, dependencies=[guard])
    return app
