"""Connects the Compose deployment to its sandbox: connections, leadsync's fields, and people."""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import requests

from leadsync_sandbox.info import SandboxInfo
from leadsync_sandbox.seed.dataset import build
from leadsync_sandbox.seed.load import load

SEED = 1


def main(arguments: Sequence[str] | None = None) -> None:
    """Do everything that is not done yet; running it again is fine."""
    given = _options().parse_args(arguments)
    urls = {"marketo": given.marketo, "dynamics": given.dynamics}
    info = SandboxInfo.default(urls, dict.fromkeys(urls, 0), given.data, tls=True)
    for variable, connection in info.connections().items():
        name = variable.removeprefix("AIRFLOW_CONN_").lower()
        _run("airflow", "connections", "delete", name, check=False)
        _run("airflow", "connections", "add", name, "--conn-json", connection)
    _run("leadsync", "doctor", "--provision")
    if _is_empty(info):
        people = build(given.people, SEED, datetime.now(UTC))
        load(people, given.marketo, given.dynamics, ca_bundle=info.ca_bundle)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the certificate")
    parser.add_argument("--marketo", required=True, help="URL of the Marketo stand-in")
    parser.add_argument("--dynamics", required=True, help="URL of the Dynamics stand-in")
    parser.add_argument("--people", type=int, default=5000, help="size of the data set")
    return parser


def _run(*command: str, check: bool = True) -> None:
    subprocess.run(command, check=check)  # noqa: S603 - commands of the image


def _is_empty(info: SandboxInfo) -> bool:
    url = f"{info.dynamics.url}/_control/records/lead"
    answer = requests.get(url, params={"limit": 1}, timeout=60, verify=info.ca_bundle)
    answer.raise_for_status()
    return not answer.json()["records"]


if __name__ == "__main__":
    main()
