"""The multipart form of batches, read strictly: lines end in CRLF (section 11)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.dynamics.errors import ApiError, query_error
from leadsync_sandbox.dynamics.exchange import Request

_BOUNDARY = re.compile(r'multipart/mixed\s*;.*?boundary="?([^";]+)"?', re.IGNORECASE)
_REQUEST_LINE = re.compile(r"([A-Z]+) (\S+) HTTP/1\.1")
_ROOT = re.compile(r"^/api/data/v9\.\d/")
_URL_LIMIT = 65_536


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Operations that succeed or fail together."""

    requests: tuple[Request, ...]


def read_batch(content_type: str, body: bytes) -> list[Request | ChangeSet]:
    """Return the operations of a batch in order.

    :raises ApiError: 400 when the body is no well-formed batch.
    """
    return [_item(headers, content) for headers, content in _parts(content_type, body)]


def _item(headers: dict[str, str], content: bytes) -> Request | ChangeSet:
    content_type = headers.get("content-type", "")
    if content_type.lower().startswith("multipart/mixed"):
        inner = _parts(content_type, content)
        return ChangeSet(tuple(_request(part, text) for part, text in inner))
    return _request(headers, content)


def _parts(content_type: str, body: bytes) -> list[tuple[dict[str, str], bytes]]:
    matched = _BOUNDARY.match(content_type)
    if not matched:
        raise _malformed(f"The content type '{content_type}' is no multipart/mixed with boundary.")
    mark = re.escape(b"\r\n--" + matched[1].encode())
    pieces = re.split(mark + rb"(?=\r\n|--)", b"\r\n" + body)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise _malformed(f"The boundary {matched[1]} is not closed.")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> tuple[dict[str, str], bytes]:
    if not piece.startswith(b"\r\n"):
        raise _malformed("A boundary line is not ended by CRLF.")
    head, separator, content = piece[2:].partition(b"\r\n\r\n")
    if not separator:
        raise _malformed("A part has no blank line behind its headers.")
    return _headers(head), content


def _headers(head: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n") if line)
    return {name.strip().lower(): value.strip() for name, _, value in lines}


def _request(part: dict[str, str], content: bytes) -> Request:
    if part.get("content-type", "").lower().partition(";")[0].strip() != "application/http":
        raise _malformed("Each operation needs Content-Type: application/http.")
    if part.get("content-transfer-encoding", "").lower() != "binary":
        raise _malformed("Each operation needs Content-Transfer-Encoding: binary.")
    head, _, body = content.partition(b"\r\n\r\n")
    line, _, rest = head.partition(b"\r\n")
    matched = _REQUEST_LINE.fullmatch(line.decode("latin-1"))
    if not matched:
        raise _malformed(f"'{line.decode('latin-1')}' is no HTTP/1.1 request line.")
    headers = _headers(rest)
    if "content-id" in part:
        headers["content-id"] = part["content-id"]
    return _relative(matched[1], matched[2], headers, body)


def _relative(method: str, url: str, headers: dict[str, str], body: bytes) -> Request:
    if len(url) > _URL_LIMIT:
        raise _malformed(f"The URL of an operation is longer than {_URL_LIMIT} characters.")
    split = urlsplit(url)
    path = split.path
    if path.startswith("/"):
        if not _ROOT.match(path):
            raise query_error(f"Resource not found for the segment '{path}'.", 404)
        path = _ROOT.sub("", path)
    return Request(method, path, split.query, headers, body)


def _malformed(text: str) -> ApiError:
    return ApiError(400, "0x80048d19", f"Invalid batch request. {text}")


def write_part(answer: Answer, content_id: str | None = None) -> bytes:
    """Return an answer as an ``application/http`` part."""
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if content_id is not None:
        lines.append(f"Content-ID: {content_id}")
    lines += ["", f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + answer.body


def write_change_set(parts: Iterable[bytes]) -> bytes:
    """Return the answers of a change set as one part."""
    boundary = f"changesetresponse_{uuid.uuid4()}"
    head = f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n".encode()
    return head + _joined(boundary, parts)


def write_batch(status: int, parts: Iterable[bytes]) -> Answer:
    """Return the whole answer of a batch."""
    boundary = f"batchresponse_{uuid.uuid4()}"
    content_type = f"multipart/mixed; boundary={boundary}"
    headers = {"Content-Type": content_type, "OData-Version": "4.0"}
    return Answer(status, headers, _joined(boundary, parts))


def _joined(boundary: str, parts: Iterable[bytes]) -> bytes:
    mark = f"--{boundary}".encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
    return body + mark + b"--\r\n"
