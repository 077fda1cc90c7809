"""Time-outs: always longer than the server's own (reference/marketo-rest.md 5)."""

from __future__ import annotations

from typing import Final

#: seconds on top of the server's time-out, for its error answer to arrive.
_MARGIN = 15.0
_CONNECT = 10.0

Timeout = tuple[float, float]


def _outlast(server_seconds: float) -> Timeout:
    return _CONNECT, server_seconds + _MARGIN


IDENTITY: Final = _outlast(30)
DEFAULT: Final = _outlast(30)
QUERY_PERSONS: Final = _outlast(60)
WRITE: Final = _outlast(90)
MERGE: Final = _outlast(180)
PAGING_TOKEN: Final = _outlast(300)
COMPANIES: Final = _outlast(60)
FILE: Final = _outlast(60)
