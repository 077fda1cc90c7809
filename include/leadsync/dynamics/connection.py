"""What a connection to one Dynamics 365 organisation consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from leadsync.errors import ConfigurationError

PUBLIC_AUTHORITY = "https://login.microsoftonline.com"
DEFAULT_API_VERSION = "v9.2"
DEFAULT_CONCURRENCY = 8


@dataclass(frozen=True, slots=True)
class DynamicsConnection:
    """Address and credentials of an organisation (reference/dataverse-webapi.md 1).

    :param org_url: such as ``https://contoso.crm.dynamics.com``; a trailing slash is dropped.
    :param tenant_id: Entra tenant, as GUID or domain.
    :param authority: host that issues tokens; differs in sovereign clouds.
    :param ca_bundle: path of a PEM file with extra certificate authorities.
    :raises ConfigurationError: a part is missing or malformed; names the field.
    """

    org_url: str
    client_id: str
    client_secret: str = field(repr=False)
    tenant_id: str
    authority: str = PUBLIC_AUTHORITY
    api_version: str = DEFAULT_API_VERSION
    max_concurrency: int = DEFAULT_CONCURRENCY
    ca_bundle: str | None = None

    def __post_init__(self) -> None:
        _require_all(self)
        for name in ("org_url", "authority"):
            object.__setattr__(self, name, getattr(self, name).strip().rstrip("/"))
        if urlsplit(self.org_url).path:
            raise ConfigurationError(
                f"dynamics: the organisation URL {self.org_url!r} has a path.",
                remedy="Set the connection's host to https://<org>.crm.dynamics.com alone.",
            )

    @classmethod
    def from_fields(
        cls, host: str | None, login: str | None, password: str | None, extra: Mapping[str, Any]
    ) -> DynamicsConnection:
        """Build from the fields of an Airflow connection of type ``dynamics365``.

        A host without scheme is taken as https. Empty extras count as not set.

        :raises ConfigurationError: a field is missing or malformed.
        """
        org_url = (host or "").strip()
        return cls(
            org_url=org_url if "://" in org_url or not org_url else f"https://{org_url}",
            client_id=(login or "").strip(),
            client_secret=password or "",
            tenant_id=str(extra.get("tenant_id") or "").strip(),
            authority=str(extra.get("authority") or PUBLIC_AUTHORITY),
            api_version=str(extra.get("api_version") or DEFAULT_API_VERSION).strip(),
            max_concurrency=_positive(extra.get("max_concurrency") or DEFAULT_CONCURRENCY),
            ca_bundle=str(extra["ca_bundle"]) if extra.get("ca_bundle") else None,
        )

    @property
    def scope(self) -> str:
        """Scope of the token: the organisation and ``/.default``."""
        return f"{self.org_url}/.default"


_FIELDS = {
    "org_url": "host (organisation URL)",
    "client_id": "login (client id)",
    "client_secret": "password (client secret)",
    "tenant_id": "extra tenant_id",
}


def _require_all(connection: DynamicsConnection) -> None:
    missing = [label for name, label in _FIELDS.items() if not getattr(connection, name)]
    if missing:
        raise ConfigurationError(
            f"dynamics: the connection lacks {', '.join(missing)}.",
            remedy="Set it in the connection dynamics_default (type dynamics365).",
        )


def _positive(value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = 0
    if number < 1:
        raise ConfigurationError(
            f"dynamics: extra max_concurrency is {value!r}.",
            remedy="Set it to a whole number of 1 or more, or leave it out.",
        )
    return number
