"""Servers that alerts and metrics reach over the network: SMTP, HTTP and StatsD over UDP."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler

HOST = "127.0.0.1"


class Mailbox(MessageHandler):
    """Keeps the messages that arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []

    def handle_message(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for message in self.messages]


def body_of(message: Message) -> str:
    """Return the text of all parts of a message."""
    parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    return b"".join(part for part in parts if isinstance(part, bytes)).decode()


@contextmanager
def smtp_server(mailbox: Mailbox, port: int = 0) -> Iterator[str]:
    """Run an SMTP server; yields the connection to it in Airflow's URI form."""
    port = port or free_port()
    server = Controller(mailbox, hostname=HOST, port=port)
    server.start()
    try:
        yield f"smtp://{HOST}:{port}?disable_tls=true&disable_ssl=true&from_email=a@example.com"
    finally:
        server.stop()


class Posts:
    """Keeps the JSON documents that are posted; ``status`` is what it answers."""

    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []
        self.status = 200


@contextmanager
def http_receiver(posts: Posts) -> Iterator[str]:
    """Run an HTTP server that takes JSON; yields Apprise's URL for it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            posts.documents.append(json.loads(self.rfile.read(length)))
            self.send_response(posts.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Tell nobody."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"json://{HOST}:{server.server_address[1]}/hook"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def statsd_receiver() -> Iterator[tuple[int, Callable[[int], dict[str, str]]]]:
    """Listen as a StatsD server; yields its port, and a function that waits for so many metrics.

    The function returns value and kind by name, such as ``{"leadsync.calls.marketo": "3|c"}``.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((HOST, 0))
        server.settimeout(30)

        def received(number: int) -> dict[str, str]:
            found: dict[str, str] = {}
            while len(found) < number:
                for line in server.recv(65_535).decode().splitlines():
                    name, _, value = line.partition(":")
                    found[name] = value
            return found

        yield server.getsockname()[1], received


def apprise_connection(url: str) -> str:
    """Return an Airflow connection of type ``apprise`` with one service."""
    return json.dumps({"conn_type": "apprise", "extra": {"config": {"path": url}}})


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
