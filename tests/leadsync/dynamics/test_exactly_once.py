"""Law of batch writes: whatever is lost on the way, no row is doubled and none is misreported."""

from __future__ import annotations

import re
from typing import Any, cast
from urllib.parse import unquote

import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from leadsync.dynamics.auth import TokenSource
from leadsync.dynamics.channel import Channel
from leadsync.dynamics.metadata import MetadataReader
from leadsync.dynamics.naming import Naming
from leadsync.dynamics.read import Reader
from leadsync.dynamics.write import Writer
from leadsync.errors import TransientApiError
from leadsync.http.transport import HttpTransport
from leadsync.model import RowWrite
from support.web_api import MULTIPART, ManualClock, batch_body, error_part, guid, part

MISHAPS = ("none", "lost_before", "lost_after", "cut", "gateway", "stop_at_error")
PART_MISHAPS = ("none", "none", "throttled", "busy_before", "busy_after")


class ForgetfulServer:
    """Keeps rows in memory; its answers, not its work, get lost as the draws say."""

    max_concurrency = 1

    def __init__(self, data: st.DataObject) -> None:
        self._data = data
        self.rows: dict[str, int] = {}
        self.writes: dict[str, int] = {}

    def hold(self, seconds: float) -> None:
        """One caller waits by itself."""

    def send(self, method: str, path: str, **call: Any) -> requests.Response:
        if method == "GET":
            return self._found(path)
        body: bytes = call["data"]
        mishap = self._data.draw(st.sampled_from(MISHAPS))
        if mishap == "lost_before":
            raise lost()
        parts = []
        for block in body.split(b"\r\n--batch_"):
            parts.append(self._part(block))
            if mishap == "stop_at_error" and b"HTTP/1.1 200" not in parts[-1]:
                break
        if mishap == "lost_after":
            raise lost()
        if mishap == "gateway":
            return response(504, b"<html>", "text/html")
        content = batch_body(parts)
        if mishap == "cut":
            content = content[: self._data.draw(st.integers(0, len(content)))]
        return response(200, content, MULTIPART)

    def _part(self, block: bytes) -> bytes:
        text = block.decode()
        row_id = re.findall(r"[0-9a-f-]{36}", text)[-1]
        etag = re.search(r'If-Match: W/"(\d+)"', text)
        mishap = self._data.draw(st.sampled_from(PART_MISHAPS))
        if mishap == "throttled":
            return error_part(429, "0x80072322", "Slow", "Retry-After: 1")
        if mishap == "busy_before":
            return error_part(503, "")
        done = self._write(row_id, int(etag.group(1)) if etag else None)
        return error_part(500, "0x80044151") if mishap == "busy_after" else done

    def _write(self, row_id: str, etag: int | None) -> bytes:
        if etag is None and row_id in self.rows:
            return error_part(412, "0x80040237")
        if etag is not None and self.rows.get(row_id) != etag:
            return error_part(412, "0x80060882")
        self.rows[row_id] = self.rows.get(row_id, 0) + 1
        self.writes[row_id] = self.writes.get(row_id, 0) + 1
        return part(200, {"@odata.etag": f'W/"{self.rows[row_id]}"'})

    def _found(self, path: str) -> requests.Response:
        asked = re.findall(r'"([0-9a-f-]{36})"', unquote(path))
        rows = [
            f'{{"leadid":"{one}","@odata.etag":"W/\\"{self.rows[one]}\\""}}'
            for one in asked
            if one in self.rows
        ]
        content = f'{{"value":[{",".join(rows)}]}}'.encode()
        return response(200, content, "application/json")


class FixedToken:
    def get(self) -> str:
        return "token"


def lost() -> TransientApiError:
    return TransientApiError("the answer was lost", system="dynamics", call="POST $batch")


def response(status: int, content: bytes, content_type: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made._content = content
    made.headers["Content-Type"] = content_type
    return made


def writer_to(server: ForgetfulServer) -> Writer:
    channel = Channel(
        cast(HttpTransport, server), cast(TokenSource, FixedToken()), ManualClock(), "v9.2"
    )
    return Writer(channel, Naming(MetadataReader(channel).name), Reader(channel))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 6), st.integers(0, 6))
def test_every_row_is_written_at_most_once_and_reported_truly(
    data: st.DataObject, creates: int, updates: int
) -> None:
    server = ForgetfulServer(data)
    existing = [guid(100 + number) for number in range(updates)]
    server.rows.update(dict.fromkeys(existing, 7))
    writes = [RowWrite("create", "lead", guid(number), {"a": 1}) for number in range(creates)]
    writes += [RowWrite("update", "lead", row_id, {"a": 1}, 'W/"7"') for row_id in existing]

    try:
        results = writer_to(server).write_rows(writes)
    except TransientApiError:
        results = []

    assert all(times == 1 for times in server.writes.values())
    for write, result in zip(writes, results, strict=bool(results)):
        assert result.status in ("written", "conflict")
        if result.status == "written":
            assert result.etag == f'W/"{server.rows[write.row_id]}"'
            assert server.writes[write.row_id] == 1
