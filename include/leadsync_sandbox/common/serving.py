"""Running a stand-in: as a thread for tests, or as the whole process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from leadsync_sandbox.common.control import control_app
from leadsync_sandbox.common.gate import Gate
from leadsync_sandbox.common.sandbox import Sandbox
from leadsync_sandbox.common.tls import Certificate

LOOPBACK = "127.0.0.1"
START_SECONDS = 10.0


def application(sandbox: Sandbox) -> ASGIApp:
    """Return the ASGI application that serves ``sandbox`` and its control endpoints."""
    return Gate(sandbox, control_app(sandbox))


def server_config(app: ASGIApp, tls: Certificate | None) -> uvicorn.Config:
    """Return how the stand-ins are served: HTTP/1.1, no access log, quick shutdown."""
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        ssl_certfile=str(tls.certificate) if tls else None,
        ssl_keyfile=str(tls.key) if tls else None,
    )


@contextmanager
def serve_in_thread(app: ASGIApp, *, tls: Certificate | None = None) -> Iterator[str]:
    """Serve ``app`` on a free loopback port while the block runs; yields the base URL.

    :raises TimeoutError: the server did not start.
    """
    listener = socket.create_server((LOOPBACK, 0))
    server = uvicorn.Server(server_config(app, tls))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        _wait_until_started(server)
        scheme = "https" if tls else "http"
        yield f"{scheme}://{LOOPBACK}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join()
        listener.close()


def _wait_until_started(server: uvicorn.Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if time.monotonic() > deadline:
            raise TimeoutError(f"The sandbox server did not start within {START_SECONDS} seconds.")
        time.sleep(0.005)


def serve_forever(app: ASGIApp, port: int, tls: Certificate | None, host: str = LOOPBACK) -> None:
    """Serve ``app`` on a port of ``host`` until the process is told to stop."""
    config = server_config(app, tls)
    config.host, config.port = host, port
    uvicorn.Server(config).run()
