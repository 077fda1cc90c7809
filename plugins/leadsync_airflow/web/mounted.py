"""The web app as Airflow mounts it: made with the first request.

Airflow loads plugins in every process, also in each task's, where importing FastAPI would cost a
second.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send


class MountedApp:
    """An ASGI application that stands for :func:`leadsync_airflow.web.app.create_app`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self.app(scope, receive, send)

    @cached_property
    def app(self) -> FastAPI:
        """The application itself."""
        from leadsync_airflow.web.app import create_app

        return create_app()
