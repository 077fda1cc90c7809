"""Download of bulk files: resumed where it broke, checked at the end (marketo-rest.md 13.3)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import requests

from leadsync.errors import RejectedError, ThrottledError, TransientApiError
from leadsync.marketo.envelope import answer_of, http_error
from leadsync.marketo.session import Call, MarketoSession
from leadsync.marketo.timeouts import FILE

#: a completed job's file may take until the next status refresh to appear.
_NOT_THERE_SECONDS = 60.0
_WHOLE_TRIES = 2


def download_file(
    session: MarketoSession,
    path: str,
    target: Path,
    *,
    size: int | None = None,
    sha256: str | None = None,
) -> None:
    """Download ``path`` to ``target``.

    A broken connection is resumed where it broke. A file whose checksum is wrong is fetched once
    more from its start.

    :raises RejectedError: size or checksum are wrong again.
    :raises TransientApiError: the file did not arrive.
    """
    download = _Download(session, path, target, size)
    for _ in range(_WHOLE_TRIES):
        download.from_start()
        if sha256 is None or _digest(target) == sha256:
            return
    raise RejectedError(
        "the file's SHA-256 differs from the job's checksum",
        system="marketo",
        call=download.call_name,
        remedy="Start the export again.",
    )


@dataclass(frozen=True, slots=True)
class _Download:
    session: MarketoSession
    path: str
    target: Path
    size: int | None

    @property
    def call_name(self) -> str:
        return f"GET {self.path}"

    def from_start(self) -> None:
        self.target.write_bytes(b"")
        self.session.repeatedly(self._fetch_rest)
        while self.size is not None and self._received < self.size:
            self.session.repeatedly(self._fetch_rest)

    @property
    def _received(self) -> int:
        return self.target.stat().st_size

    def _fetch_rest(self) -> None:
        """Fetch what is missing; a break after some progress is no failure."""
        before = self._received
        headers = {"Accept-Encoding": "identity"}
        if before:
            headers["Range"] = f"bytes={before}-"
        call = Call("GET", self.path, FILE, headers=headers, stream=True)
        try:
            self.session.attempt(call, self._append)
        except TransientApiError:
            if self.size is None or self._received <= before:
                raise
        if self.size is not None and self._received == before < self.size:
            raise TransientApiError("nothing arrived", system="marketo", call=self.call_name)

    def _append(self, response: requests.Response) -> None:
        self._check(response)
        resumed = response.status_code == 206
        if resumed and not _continues(response, self._received):
            self.target.write_bytes(b"")
            raise TransientApiError(
                "another part than asked for", system="marketo", call=self.call_name
            )
        with self.target.open("ab" if resumed else "wb") as file:
            for chunk in self.session.transport.chunks(response):
                file.write(chunk)

    def _check(self, response: requests.Response) -> None:
        """Raise what the answer says instead of a file: plain 404, or an envelope with HTTP 200."""
        if response.status_code == 404:
            response.close()
            raise ThrottledError(
                "the file is not there yet",
                system="marketo",
                call=self.call_name,
                code="404",
                retry_after=_NOT_THERE_SECONDS,
            )
        if response.status_code not in (200, 206):
            response.close()
            raise http_error(response, self.call_name)
        kind = response.headers.get("Content-Type", "").lower()
        if "json" in kind:
            answer_of(response, self.call_name, self.session.clock.now())
        if "json" in kind or "html" in kind:
            response.close()
            raise TransientApiError("no file", system="marketo", call=self.call_name)


def _continues(response: requests.Response, received: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {received}-")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
