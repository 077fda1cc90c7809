"""Faults, journal and control over real HTTP, with a minimal stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from leadsync_sandbox.common.serving import application, serve_in_thread
from leadsync_sandbox.common.tls import loopback_certificate
from support.toy_sandbox import ToySandbox

BROKEN = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


@dataclass
class Running:
    sandbox: ToySandbox
    url: str

    def control(self, method: str, path: str, content: object = None) -> requests.Response:
        return requests.request(method, f"{self.url}/_control/{path}", json=content, timeout=10)

    def fault(self, **rule: object) -> None:
        assert self.control("POST", "faults", rule).status_code == 200

    def post(self, text: str) -> requests.Response:
        return requests.post(f"{self.url}/notes", data=text, timeout=10)

    def texts(self) -> list[str]:
        found = self.control("GET", "records/notes").json()["records"]
        return [row["text"] for row in found]


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Running]:
    sandbox = ToySandbox(tmp_path)
    with serve_in_thread(application(sandbox)) as url:
        yield Running(sandbox, url)


def test_calls_are_served_journalled_and_counted(toy: Running) -> None:
    assert toy.post("a").json() == {"notes": ["a"]}
    requests.get(f"{toy.url}/notes?client_secret=hush&x=1", timeout=10)
    entries = toy.control("GET", "journal").json()["entries"]
    assert [(e["method"], e["path"], e["kind"], e["status"]) for e in entries] == [
        ("POST", "/notes", "write", 200),
        ("GET", "/notes", "read", 200),
    ]
    assert entries[1]["query"] == "client_secret=***&x=1"
    stats = toy.control("GET", "stats").json()
    assert stats["calls"] == {"all": 2, "read": 1, "write": 1, "token": 0}
    assert stats["by_path"] == {"GET /notes": 1, "POST /notes": 1}
    toy.control("DELETE", "journal")
    assert toy.control("GET", "journal").json() == {"entries": []}


def test_drop_before_leaves_the_write_undone(toy: Running) -> None:
    toy.fault(kind="drop_before", match={"method": "POST"})
    with pytest.raises(BROKEN):
        toy.post("lost")
    assert toy.texts() == []
    assert toy.post("kept").ok


def test_drop_after_applies_the_write_and_loses_the_answer(toy: Running) -> None:
    toy.fault(kind="drop_after", match={"path": "/notes$"})
    with pytest.raises(BROKEN):
        toy.post("done")
    assert toy.texts() == ["done"]


def test_error_before_and_after_the_write(toy: Running) -> None:
    toy.fault(kind="error", params={"status": 429, "headers": {"Retry-After": "7"}})
    refused = toy.post("no")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "7")
    toy.fault(kind="error", params={"status": 502, "after": True})
    assert toy.post("yes").status_code == 502
    assert toy.texts() == ["yes"]


def test_truncated_body_breaks_the_connection_or_only_the_content(toy: Running) -> None:
    toy.fault(kind="truncate", params={"keep": 3})
    with pytest.raises(BROKEN):
        toy.post("a")
    toy.fault(kind="truncate", params={"keep": 3, "complete": True})
    assert toy.post("b").content == b'{"n'


def test_slow_answers_late(toy: Running) -> None:
    toy.fault(kind="slow", params={"seconds": 0.2})
    assert toy.post("a").elapsed.total_seconds() >= 0.2


def test_a_users_edit_comes_just_before_the_write(toy: Running) -> None:
    edit = {"operation": "create", "fields": {"text": "user"}}
    toy.fault(kind="edit_before_write", match={"method": "POST"}, params={"edit": edit})
    assert toy.post("ours").json() == {"notes": ["user", "ours"]}


def test_tokens_expire_and_activities_lag_on_demand(toy: Running) -> None:
    toy.fault(kind="expire_tokens")
    toy.fault(kind="activity_lag", params={"seconds": 5})
    toy.post("a")
    toy.post("b")
    assert toy.sandbox.tokens_expired == 1
    assert toy.sandbox.lags == [5, 0]


def test_rules_wait_repeat_and_are_cleared(toy: Running) -> None:
    toy.fault(kind="error", after_n=1, times=None, params={"status": 500})
    assert [toy.post(str(n)).status_code for n in range(3)] == [200, 500, 500]
    assert toy.control("GET", "faults").json()["rules"][0]["hits"] == 2
    toy.control("DELETE", "faults")
    assert toy.post("again").ok


def test_bad_control_requests_are_refused_with_the_reason(toy: Running) -> None:
    for path, content, word in [
        ("faults", {"kind": "flood"}, "drop_before"),
        ("faults", {"kind": "slow", "match": {"path": "("}}, "regular expression"),
        ("settings", {"colour": 1}, "greeting"),
        ("settings", {"greeting": 1}, "str"),
        ("clock", {"jump": 1}, "jump"),
        ("edit", {"operation": "delete"}, "only be created"),
    ]:
        answer = toy.control("POST", path, content)
        assert answer.status_code == 400
        assert word in answer.json()["error"]


def test_settings_import_edit_and_reset(toy: Running) -> None:
    assert toy.control("POST", "settings", {"limit": 5}).json() == {"greeting": "hello", "limit": 5}
    assert toy.control("POST", "import", {"records": {"notes": [{"text": "x"}]}}).json() == {
        "notes": 1
    }
    edit = {"operation": "create", "fields": {"text": "y"}}
    assert toy.control("POST", "edit", {"edits": [edit]}).json() == {"results": [{"id": 2}]}
    toy.control("POST", "reset")
    assert toy.texts() == []
    assert toy.control("GET", "settings").json()["limit"] == 3.0


def test_state_survives_a_restart(tmp_path: Path) -> None:
    for text in ("first", "second"):
        with serve_in_thread(application(ToySandbox(tmp_path))) as url:
            last = requests.post(f"{url}/notes", data=text, timeout=10).json()
    assert last == {"notes": ["first", "second"]}


def test_tls_is_verified_against_the_made_certificate(tmp_path: Path) -> None:
    made = loopback_certificate(tmp_path / "tls")
    with serve_in_thread(application(ToySandbox(tmp_path)), tls=made) as url:
        trusted = requests.get(f"{url}/notes", verify=str(made.certificate), timeout=10)
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{url}/notes", timeout=10)
    assert url.startswith("https://")
    assert trusted.ok
