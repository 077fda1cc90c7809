"""What a running sandbox is: addresses, credentials, Airflow connections."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from leadsync_sandbox.dynamics import switches
from leadsync_sandbox.marketo import defaults

API_VERSION = "v9.2"


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """One stand-in."""

    url: str
    pid: int
    client_id: str
    client_secret: str
    tenant_id: str = ""


@dataclass(frozen=True, slots=True)
class SandboxInfo:
    """Both stand-ins, as kept in ``sandbox.json``.

    :param ca_bundle: PEM file to trust when they serve HTTPS, else empty.
    """

    marketo: SystemInfo
    dynamics: SystemInfo
    data_dir: Path
    ca_bundle: str = ""

    @classmethod
    def default(
        cls, urls: Mapping[str, str], pids: Mapping[str, int], data_dir: Path, tls: bool
    ) -> SandboxInfo:
        """Return the sandbox with its out-of-the-box credentials."""
        marketo = SystemInfo(
            urls["marketo"], pids["marketo"], defaults.CLIENT_ID, defaults.CLIENT_SECRET
        )
        dynamics = SystemInfo(
            urls["dynamics"],
            pids["dynamics"],
            switches.CLIENT_ID,
            switches.CLIENT_SECRET,
            switches.TENANT_ID,
        )
        bundle = str(data_dir / "sandbox-cert.pem") if tls else ""
        return cls(marketo, dynamics, data_dir, bundle)

    def system(self, name: str) -> SystemInfo:
        """Return ``marketo`` or ``dynamics``."""
        return self.marketo if name == "marketo" else self.dynamics

    def connections(self) -> dict[str, str]:
        """Return ``AIRFLOW_CONN_...`` variables, each a connection as JSON."""
        bundle = {"ca_bundle": self.ca_bundle} if self.ca_bundle else {}
        extra = {
            "tenant_id": self.dynamics.tenant_id,
            "authority": self.dynamics.url,
            "api_version": API_VERSION,
            **bundle,
        }
        return {
            "AIRFLOW_CONN_MARKETO_DEFAULT": _connection("marketo", self.marketo, bundle),
            "AIRFLOW_CONN_DYNAMICS_DEFAULT": _connection("dynamics365", self.dynamics, extra),
        }


def _connection(conn_type: str, system: SystemInfo, extra: Mapping[str, Any]) -> str:
    return json.dumps(
        {
            "conn_type": conn_type,
            "host": system.url,
            "login": system.client_id,
            "password": system.client_secret,
            "extra": dict(extra),
        }
    )


def write_info(info: SandboxInfo) -> None:
    """Keep ``info`` in ``sandbox.json`` of its folder, readable by its owner only."""
    path = info.data_dir / "sandbox.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps({**asdict(info), "data_dir": str(info.data_dir)}, indent=2))


def read_info(data_dir: Path) -> SandboxInfo | None:
    """Return what ``sandbox.json`` says, or ``None`` without one."""
    path = data_dir / "sandbox.json"
    if not path.exists():
        return None
    raw = json.loads(path.read_text())
    return SandboxInfo(
        SystemInfo(**raw["marketo"]),
        SystemInfo(**raw["dynamics"]),
        Path(raw["data_dir"]),
        raw["ca_bundle"],
    )
