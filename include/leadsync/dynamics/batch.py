"""Multipart codec of ``$batch``: strict in what it writes, tolerant in what it reads.

Pure: bytes in, bytes out. Shapes of reference/dataverse-webapi.md 11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

#: Operations that one ``$batch`` takes.
MAX_OPERATIONS = 1000

_CRLF = b"\r\n"
_BLANK = re.compile(rb"\r?\n\r?\n")
_LINE_REST = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?\s+(\d{3})")


@dataclass(frozen=True, slots=True)
class Operation:
    """One request inside a batch.

    :param address: path of the host with query, percent-encoded, such as
        ``/api/data/v9.2/leads(<guid>)``.
    :param body: JSON in ASCII, or nothing.
    """

    method: str
    address: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """Answer to one operation; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object; empty when it is none."""
        try:
            parsed = json.loads(self.body)
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """Answers in the order of the operations; later ones may be missing.

    :param complete: the closing delimiter was there, so that missing answers mean operations that
        were not executed; without it their outcome is unknown.
    """

    parts: tuple[PartAnswer, ...]
    complete: bool


def encode(
    operations: Sequence[Operation], new_id: Callable[[], str] = lambda: str(uuid4())
) -> tuple[str, bytes]:
    """Return the outer ``Content-Type`` and the body of a batch without change sets.

    :raises ValueError: no operation, or more than :data:`MAX_OPERATIONS`.
    """
    if not 0 < len(operations) <= MAX_OPERATIONS:
        raise ValueError(f"A batch takes 1 to {MAX_OPERATIONS} operations, not {len(operations)}.")
    boundary = _unused_boundary(operations, new_id)
    delimiter = b"--" + boundary.encode("ascii")
    written = [delimiter + _CRLF + _encoded(operation) + _CRLF for operation in operations]
    body = b"".join([*written, delimiter, b"--", _CRLF])
    return f'multipart/mixed; boundary="{boundary}"', body


def decode(content_type: str, body: bytes) -> BatchAnswer:
    """Read a batch answer.

    Change sets are flattened; parts may be bare HTTP answers, lines may end in LF alone, and a
    part cut off in the middle is left out.

    :raises ValueError: ``content_type`` is not multipart or names no boundary.
    """
    boundary = boundary_of(content_type)
    sections, complete = _sections(body, boundary)
    parts: list[PartAnswer] = []
    for section in sections:
        inner, whole = _answers(section)
        parts.extend(inner)
        complete = complete and whole
    return BatchAnswer(tuple(parts), complete)


def is_multipart(content_type: str) -> bool:
    """Return whether an answer of this type holds parts."""
    return content_type.lower().lstrip().startswith("multipart/")


def boundary_of(content_type: str) -> str:
    """Return the boundary that a multipart ``Content-Type`` names, quoted or not.

    :raises ValueError: there is none.
    """
    found = re.search(r'boundary\s*=\s*(?:"([^"]+)"|([^;\s]+))', content_type, re.IGNORECASE)
    if not is_multipart(content_type) or not found:
        raise ValueError(f"No multipart boundary in content type {content_type!r}.")
    return found.group(1) or found.group(2)


def _unused_boundary(operations: Sequence[Operation], new_id: Callable[[], str]) -> str:
    while True:
        boundary = f"batch_{new_id()}"
        if not any(boundary.encode("ascii") in operation.body for operation in operations):
            return boundary


def _encoded(operation: Operation) -> bytes:
    lines = [
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "",
        f"{operation.method} {operation.address} HTTP/1.1",
        *(f"{name}: {value}" for name, value in operation.headers.items()),
        "",
    ]
    return "".join(line + "\r\n" for line in lines).encode("ascii") + operation.body


def _sections(body: bytes, boundary: str) -> tuple[list[bytes], bool]:
    """Split at the delimiter lines; an unterminated last section is dropped."""
    sections: list[bytes] = []
    start: int | None = None
    for at, end, closing in _delimiters(body, b"--" + boundary.encode("latin-1")):
        if start is not None:
            sections.append(body[start:at])
        if closing:
            return sections, True
        start = end
    return sections, False


def _delimiters(body: bytes, mark: bytes) -> Iterator[tuple[int, int, bool]]:
    """Yield where the text before a delimiter line ends, where the line ends, if it closes."""
    at = body.find(mark)
    while at >= 0:
        found = _LINE_REST.match(body, at + len(mark))
        if found and (at == 0 or body[at - 1 : at] == b"\n"):
            before = at - len(_CRLF) if body[at - 2 : at] == _CRLF else max(0, at - 1)
            yield before, found.end(), bool(found.group(1))
        at = body.find(mark, at + len(mark))


def _answers(section: bytes) -> tuple[list[PartAnswer], bool]:
    """Return the answers in one section: one, or those of a change set."""
    if _STATUS.match(section):
        return [_answer(section)], True
    headers, content = _split(section)
    if is_multipart(headers.get("content-type", "")):
        nested = decode(headers["content-type"], content)
        return list(nested.parts), nested.complete
    if not _STATUS.match(content.lstrip()):
        return [], False
    return [_answer(content.lstrip())], True


def _answer(text: bytes) -> PartAnswer:
    found = _STATUS.match(text)
    _, _, rest = text.partition(b"\n")
    headers, body = _split(rest)
    return PartAnswer(int(found.group(1)) if found else 0, headers, body)


def _split(text: bytes) -> tuple[dict[str, str], bytes]:
    """Split header lines from what follows the blank line."""
    if line_end := re.match(rb"\r?\n", text):
        return {}, text[line_end.end() :]
    blank = _BLANK.search(text)
    head, body = (text[: blank.start()], text[blank.end() :]) if blank else (text, b"")
    return dict(_header_pairs(head)), body


def _header_pairs(head: bytes) -> Iterator[tuple[str, str]]:
    for line in head.decode("latin-1").split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip().lower(), value.strip()
