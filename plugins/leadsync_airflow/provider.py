"""What Airflow reads through the entry point ``apache_airflow_provider``: connections and assets.

The form fields are declared here, not in the hooks, so that the web server lists the types without
importing them.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

Field = dict[str, Any]


def get_provider_info() -> dict[str, Any]:
    """Return name, version and connection types in the form of Airflow's provider schema."""
    return {
        "package-name": "leadsync",
        "name": "leadsync",
        "description": "Two-way synchronisation of people between Marketo Engage and Dynamics 365.",
        "versions": [installed_version()],
        "connection-types": [_marketo(), _dynamics()],
        "asset-uris": [
            {
                "schemes": ["x-marketo", "x-dynamics365", "x-leadsync"],
                "handler": None,
                "to_openlineage_converter": "leadsync_airflow.assets.to_openlineage",
            }
        ],
    }


def installed_version() -> str:
    """Return the version of leadsync that is installed."""
    try:
        return version("leadsync")
    except PackageNotFoundError:
        return "0.0.0"


def _field(label: str, kind: str, description: str, **schema: Any) -> Field:
    return {
        "label": label,
        "description": description,
        "schema": {"type": [kind, "null"], **schema},
    }


def _common_fields() -> dict[str, Field]:
    return {
        "max_concurrency": _field(
            "Concurrent calls", "integer", "Most calls in flight at once.", minimum=1
        ),
        "ca_bundle": _field(
            "CA bundle", "string", "File with the certificates to trust, if not the system's."
        ),
    }


def _marketo() -> dict[str, Any]:
    return {
        "connection-type": "marketo",
        "hook-class-name": "leadsync_airflow.hooks.marketo.MarketoHook",
        "hook-name": "Marketo Engage",
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port"],
            "relabeling": {
                "host": "Base URL",
                "login": "Client ID",
                "password": "Client secret",
            },
            "placeholders": {
                "host": "https://123-ABC-456.mktorest.com",
                "login": "of the API-only user's LaunchPoint service",
            },
        },
        "conn-fields": {
            "daily_call_share": _field(
                "Share of the daily quota",
                "number",
                "Part of the instance's daily calls that leadsync may use, from 0 to 1.",
                minimum=0,
                maximum=1,
            ),
            "calls_per_20s": _field(
                "Calls per 20 seconds", "integer", "Most calls within 20 seconds.", minimum=1
            ),
            **_common_fields(),
        },
    }


def _dynamics() -> dict[str, Any]:
    return {
        "connection-type": "dynamics365",
        "hook-class-name": "leadsync_airflow.hooks.dynamics.Dynamics365Hook",
        "hook-name": "Microsoft Dynamics 365",
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port"],
            "relabeling": {
                "host": "Organisation URL",
                "login": "Client ID",
                "password": "Client secret",
            },
            "placeholders": {
                "host": "https://contoso.crm.dynamics.com",
                "login": "of the app registration",
            },
        },
        "conn-fields": {
            "tenant_id": _field("Tenant ID", "string", "Directory (tenant) ID in Entra."),
            "authority": _field(
                "Authority", "string", "Sign-in host; empty means the public Entra one."
            ),
            "api_version": _field("API version", "string", "Web API version, such as v9.2."),
            **_common_fields(),
        },
    }
