"""What comes of one callback over real HTTP."""

from __future__ import annotations

import socket
from threading import Thread

import pytest
from pytest_httpserver import HTTPServer

from leadsync.flow_step.sending import Reply, sender
from support.native_stack import free_port

BODY = {"munchkinId": "123-ABC-456", "objectData": []}


def test_a_callback_is_posted_as_json_with_its_headers(httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request(
        "/back", method="POST", json=BODY, headers={"x-callback-token": "t"}
    ).respond_with_data(status=202)
    assert sender()(httpserver.url_for("/back"), {"x-callback-token": "t"}, BODY) == Reply(202)
    httpserver.check()


@pytest.mark.parametrize("status", [404, 429, 500])
def test_the_status_is_told_and_how_long_to_wait(httpserver: HTTPServer, status: int) -> None:
    headers = {"Retry-After": "7"}
    httpserver.expect_request("/back").respond_with_data(status=status, headers=headers)
    reply = sender()(httpserver.url_for("/back"), {}, BODY)
    assert (reply.status, reply.retry_after, str(reply)) == (status, 7.0, f"HTTP {status}")


def test_redirects_are_not_followed(httpserver: HTTPServer) -> None:
    location = {"Location": httpserver.url_for("/elsewhere")}
    httpserver.expect_request("/back").respond_with_data(status=307, headers=location)
    httpserver.expect_request("/elsewhere").respond_with_data(status=202)
    assert sender()(httpserver.url_for("/back"), {}, BODY).status == 307
    assert len(httpserver.log) == 1


def test_a_receiver_that_is_away_has_got_nothing() -> None:
    reply = sender()(f"http://127.0.0.1:{free_port()}/back", {}, BODY)
    assert (reply.status, reply.sent) == (None, False)
    assert "refused" in str(reply)


def test_a_receiver_that_hangs_up_may_have_got_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            listener.accept()[0].close()

        thread = Thread(target=hang_up)
        thread.start()
        port = listener.getsockname()[1]
        reply = sender()(f"http://127.0.0.1:{port}/back?token=s3cr3t", {}, BODY)
        thread.join()
    assert (reply.status, reply.sent) == (None, True)
    assert "s3cr3t" not in str(reply)


def test_a_bundle_that_is_not_there_is_named(httpserver: HTTPServer) -> None:
    reply = sender("/nowhere.pem")("https://127.0.0.1:1/back", {}, BODY)
    assert (reply.status, reply.sent) == (None, False)
    assert "ca_bundle" in str(reply)
