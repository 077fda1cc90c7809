"""Byte ranges of a downloaded file: HTTP 206 with inclusive ends (13.3)."""

from __future__ import annotations

import re

from leadsync_sandbox.common.calls import Answer

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def ranged(content: bytes, asked: str | None) -> Answer:
    """Return the whole file, or the asked part of it; 416 for a part that does not exist."""
    headers = {"Content-Type": "text/csv", "Accept-Ranges": "bytes"}
    match = _RANGE.fullmatch(asked or "")
    if match is None:
        return Answer(200, headers, content)
    start = int(match[1])
    end = min(int(match[2]) if match[2] else len(content) - 1, len(content) - 1)
    if start > end:
        return Answer(416, {"Content-Range": f"bytes */{len(content)}"}, b"", ("416",))
    shown = f"bytes {start}-{end}/{len(content)}"
    return Answer(206, {**headers, "Content-Range": shown}, content[start : end + 1])
