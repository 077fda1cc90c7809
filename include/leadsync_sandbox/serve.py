"""Runs one stand-in: ``python -m leadsync_sandbox.serve marketo|dynamics --data DIR --port N``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from leadsync_sandbox.common.sandbox import Sandbox
from leadsync_sandbox.common.serving import LOOPBACK, application, serve_forever
from leadsync_sandbox.common.tls import loopback_certificate

SYSTEMS = ("marketo", "dynamics")


def open_sandbox(system: str, data: Path) -> Sandbox:
    """Return a system's stand-in with its state in ``data``."""
    if system == "marketo":
        from leadsync_sandbox.marketo.app import MarketoSandbox

        return MarketoSandbox(data)
    from leadsync_sandbox.dynamics.app import DynamicsSandbox

    return DynamicsSandbox(data)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until the process is told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument("--data", type=Path, required=True, help="folder of the state")
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on")
    parser.add_argument(
        "--name", action="append", default=[], help="host name for the certificate, may be repeated"
    )
    parser.add_argument("--tls", action="store_true", help="serve HTTPS, self-signed")
    given = parser.parse_args(arguments)
    certificate = loopback_certificate(given.data, given.name) if given.tls else None
    sandbox = open_sandbox(given.system, given.data)
    serve_forever(application(sandbox), given.port, certificate, given.host)


if __name__ == "__main__":
    main()
