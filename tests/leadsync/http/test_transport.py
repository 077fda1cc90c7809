"""Edges of one HTTP attempt: addresses, lost answers, secrets in messages."""

from __future__ import annotations

import logging
import socket
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from leadsync.clock import SystemClock
from leadsync.errors import (
    ConfigurationError,
    NotSentError,
    RejectedError,
    TransientApiError,
    UnreachableError,
)
from leadsync.http.base_url import joined, same_service
from leadsync.http.ledger import MemoryLedger
from leadsync.http.transport import HttpTransport
from support.manual_clock import ManualClock
from support.recorded import SkippingClock

QUICK = (2.0, 2.0)


def transport(base_url: str, **options: object) -> HttpTransport:
    clock = SystemClock()
    return HttpTransport("marketo", base_url, ledger=MemoryLedger(clock), clock=clock, **options)  # type: ignore[arg-type]


@contextmanager
def raw_server(answer: bytes) -> Iterator[str]:
    """Serve one connection with ``answer`` and close it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(2)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    "url",
    [
        "123-ABC-456.mktorest.com",
        "http://123-ABC-456.mktorest.com",
        "https://",
        "ftp://localhost",
        "https://me:hush@123-ABC-456.mktorest.com",
        "https://123-ABC-456.mktorest.com/?x=hush",
    ],
)
def test_unusable_base_urls_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="base URL") as caught:
        transport(url)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://localhost:80", "http://127.0.0.1", "http://[::1]:8080/"])
def test_plain_http_is_for_loopback(url: str) -> None:
    assert transport(url).base_url == url.rstrip("/")


def test_missing_ca_bundle_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"/nowhere\.pem"):
        transport("https://localhost", ca_bundle="/nowhere.pem")


def test_refused_connection_names_host_and_hides_query() -> None:
    port = closed_port()
    with pytest.raises(UnreachableError, match=f"127.0.0.1:{port}: the connection was ref") as seen:
        transport(f"http://127.0.0.1:{port}").send(
            "GET", "/identity/oauth/token", params={"client_secret": "hush"}, timeout=QUICK
        )
    assert "hush" not in "".join(traceback.format_exception(seen.value))
    assert seen.value.__context__ is None


def test_unresolvable_host_is_unreachable() -> None:
    with pytest.raises(UnreachableError, match="cannot be resolved"):
        transport("https://no-such-host.invalid").send("GET", "/x", timeout=QUICK)


def test_a_host_that_answered_before_is_down_not_misconfigured() -> None:
    with HTTPServer() as server:
        server.expect_request("/x").respond_with_json({})
        caller = transport(server.url_for(""))
        caller.send("GET", "/x", timeout=QUICK)
        caller.close()
    with pytest.raises(NotSentError, match="answered before"):
        caller.send("GET", "/x", timeout=QUICK)


def test_lost_answer_has_unknown_outcome() -> None:
    with raw_server(b"") as url, pytest.raises(TransientApiError, match="outcome unknown"):
        transport(url).send("POST", "/x", json={}, timeout=QUICK)


def test_truncated_answer_has_unknown_outcome() -> None:
    short = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"
    with raw_server(short) as url, pytest.raises(TransientApiError, match="outcome unknown"):
        transport(url).send("POST", "/x", json={}, timeout=QUICK)


def test_truncated_stream_fails_while_reading() -> None:
    short = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\npart"
    with raw_server(short) as url:
        caller = transport(url)
        response = caller.send("GET", "/x", timeout=QUICK, stream=True)
        with pytest.raises(TransientApiError, match="GET /x"):
            list(caller.chunks(response))


def test_slow_answer_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(TransientApiError, match="ReadTimeout"):
            transport(url).send("GET", "/x", timeout=(1.0, 0.05))


def test_untrusted_certificate_names_ca_bundle(httpserver: HTTPServer) -> None:
    url = httpserver.url_for("").replace("http://", "https://")
    with pytest.raises(UnreachableError, match="ca_bundle"):
        transport(url).send("GET", "/x", timeout=QUICK)


def test_redirects_are_refused(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x").respond_with_data(
        status=302, headers={"Location": "https://evil.example/x?token=hush"}
    )
    with pytest.raises(RejectedError, match=r"redirected to evil\.example") as caught:
        transport(httpserver.url_for("")).send("GET", "/x", timeout=QUICK)
    assert "hush" not in str(caught.value)


def test_links_stay_on_the_origin(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/next").respond_with_json({"ok": True})
    caller = transport(httpserver.url_for(""))
    assert caller.send("GET", httpserver.url_for("/next?skip=1"), timeout=QUICK).json() == {
        "ok": True
    }
    with pytest.raises(RejectedError, match=r"away from"):
        caller.send("GET", "https://evil.example/next", timeout=QUICK)


@pytest.mark.parametrize(
    ("link", "home", "same"),
    [
        ("https://c.api.crm4.dynamics.com/x", "https://c.crm4.dynamics.com", True),
        ("https://c.crm.dynamics.com:443/x", "https://c.api.crm.dynamics.com", True),
        ("http://c.crm.dynamics.com/x", "https://c.crm.dynamics.com", True),
        ("http://127.0.0.1:8080/x", "http://localhost:8080", True),
        ("/api/data/v9.2/leads?$skiptoken=1", "https://c.crm.dynamics.com", True),
        ("https://d.crm.dynamics.com/x", "https://c.crm.dynamics.com", False),
        ("https://c.crm.dynamics.com:444/x", "https://c.crm.dynamics.com", False),
        ("http://127.0.0.1:8081/x", "http://localhost:8080", False),
        ("https://c.crm.dynamics.com.evil.example/x", "https://c.crm.dynamics.com", False),
    ],
)
def test_a_service_is_known_by_all_its_names(link: str, home: str, *, same: bool) -> None:
    assert same_service(link, home) is same


def test_a_link_is_followed_at_our_own_address() -> None:
    link = "http://c.api.crm.dynamics.com/api/leads?$skiptoken=%3Ccookie%20page=%222%22%20/%3E"
    assert joined("dynamics", "https://c.crm.dynamics.com", link) == (
        "https://c.crm.dynamics.com/api/leads?$skiptoken=%3Ccookie%20page=%222%22%20/%3E"
    )


def test_a_system_that_asked_for_time_gets_it_from_all_callers(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x").respond_with_json({})
    clock = SkippingClock()
    caller = HttpTransport(
        "dynamics", httpserver.url_for(""), ledger=MemoryLedger(clock), clock=clock
    )
    started = clock.now()
    caller.hold(30)
    caller.hold(10)
    caller.send("POST", "/x", timeout=QUICK, counted=False)
    assert (clock.now() - started).total_seconds() < 30
    caller.send("GET", "/x", timeout=QUICK)
    assert (clock.now() - started).total_seconds() >= 30


def test_cookies_and_netrc_never_travel(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login thief password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return Response("{}", headers={"Set-Cookie": "ARRAffinity=1"})

    httpserver.expect_request("/x").respond_with_handler(answer)
    caller = transport(httpserver.url_for(""))
    for _ in range(2):
        caller.send("GET", "/x", headers={"Authorization": "Bearer t"}, timeout=QUICK)
    assert [request.headers["Authorization"] for request in seen] == ["Bearer t"] * 2
    assert "Cookie" not in seen[1].headers


def test_only_counted_calls_reach_the_ledger(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x").respond_with_json({})
    clock = SystemClock()
    ledger = MemoryLedger(clock)
    caller = HttpTransport("marketo", httpserver.url_for(""), ledger=ledger, clock=clock)
    caller.send("GET", "/x", timeout=QUICK)
    caller.send("GET", "/x", timeout=QUICK, counted=False)
    assert ledger.calls() == {"marketo": 1}


def test_calls_never_exceed_the_concurrency(httpserver: HTTPServer) -> None:
    lock, running, peak = threading.Lock(), [0], [0]
    both = threading.Barrier(2)

    def answer(request: Request) -> Response:
        with lock:
            running[0] += 1
            peak[0] = max(peak[0], running[0])
        both.wait(5)
        with lock:
            running[0] -= 1
        return Response("{}")

    with HTTPServer(threaded=True) as server:
        server.expect_request("/x").respond_with_handler(answer)
        caller = transport(server.url_for(""), max_concurrency=2)
        threads = [
            threading.Thread(target=caller.send, args=("GET", "/x"), kwargs={"timeout": (5, 5)})
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert peak[0] == 2


def test_debug_log_of_the_library_loses_its_queries(
    httpserver: HTTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    httpserver.expect_request("/x").respond_with_json({})
    with caplog.at_level(logging.DEBUG):
        transport(httpserver.url_for("")).send(
            "GET", "/x", params={"client_secret": "hush"}, timeout=QUICK
        )
    library = [
        record.getMessage() for record in caplog.records if record.name.startswith("urllib3")
    ]
    assert any("/x" in message for message in library)
    assert not any("hush" in message for message in library)


@pytest.mark.parametrize(
    ("header", "ahead"),
    [
        ("Date: Sat, 31 Jan 2026 12:00:05 GMT\r\n", 5.0),
        ("Date: yesterday\r\n", None),
        ("", None),
    ],
)
def test_the_difference_of_the_clocks_is_known_after_an_answer(
    header: str, ahead: float | None
) -> None:
    answer = f"HTTP/1.1 204 No Content\r\n{header}Connection: close\r\n\r\n".encode()
    with raw_server(answer) as url:
        clock = ManualClock(datetime(2026, 1, 31, 12, tzinfo=UTC))
        sender = HttpTransport("marketo", url, ledger=MemoryLedger(clock), clock=clock)
        sender.send("GET", "/x", timeout=QUICK)
    told = sender.clock_ahead
    assert (None if told is None else told.total_seconds()) == ahead
