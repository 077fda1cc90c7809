"""Registers leadsync's web pages and endpoints with Airflow's API server, under ``/leadsync``.

Airflow imports this file in every process, also in each task, so nothing heavy is imported here.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk.plugins_manager import AirflowPlugin

from leadsync_airflow.web.mounted import MountedApp


class LeadSyncPlugin(AirflowPlugin):
    """The plugin that Airflow lists under *Admin > Plugins*."""

    name = "leadsync"
    fastapi_apps: list[Any] = [
        {"app": MountedApp(), "url_prefix": "/leadsync", "name": "leadsync"},
    ]
