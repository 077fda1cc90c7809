"""The web app as Airflow mounts it: made in the API server alone.

Airflow loads plugins in every process, also in each task's, where importing FastAPI would cost a
second.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send


API_SERVER = "airflow.api_fastapi.app"


class MountedApp:
    """An ASGI application that stands for :func:`leadsync_airflow.web.app.create_app`.

    The API server makes it as it starts, so that the first caller need not wait for it.
    """

    def __init__(self) -> None:
        self._app = _made() if API_SERVER in sys.modules else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._app is None:
            self._app = _made()
        await self._app(scope, receive, send)


def _made() -> FastAPI:
    from leadsync_airflow.web.app import create_app

    return create_app()
