"""Reads error answers of the Web API and decides what they mean for a retry.

Codes decide, never texts, which are localised (reference/dataverse-webapi.md 15). The two
exceptions are stated where they are made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadsync.http.retry_after import retry_after_seconds

MISSING_ROW = "0x80040217"
QUERY = "0x80060888"
PAYLOAD = "0x80048d19"
DUPLICATE_ID = "0x80040237"
DUPLICATE_KEY = "0x80060892"
DUPLICATE_RULE = "0x80040333"
VERSION_MISMATCH = "0x80060882"
EXPIRED_VERSION = "0x80044352"
NOT_A_MEMBER = "0x80072560"
PLUGIN_ABORT = "0x80040265"
TOO_LARGE = "0x8004418a"
SQL_GENERIC = "0x80044150"
SQL_TIMEOUT = "0x80044151"

_TRANSIENT_STATUSES = frozenset({408, 500, 502, 503, 504})
_TRANSIENT_CODES = frozenset({SQL_GENERIC, SQL_TIMEOUT})
#: A word in ASCII, French, German or typographic quotes.
_QUOTED = re.compile(
    "['\"`\u00ab\u00bb\u2018\u2019\u201c\u201d\u201e]\\s?(\\w+)\\s?"
    "['\"`\u00ab\u00bb\u2018\u2019\u201c\u201d\u201e]"
)
_FINAL_CODES = frozenset({DUPLICATE_RULE, PLUGIN_ABORT, EXPIRED_VERSION})


@dataclass(frozen=True, slots=True)
class Fault:
    """An error answer, of a call or of one part of a batch.

    :param code: hex in lower case; the HTTP status where the service gave no code.
    :param retry_after: seconds, where the service said so.
    """

    status: int
    code: str
    message: str
    retry_after: float | None = None

    @property
    def throttled(self) -> bool:
        """Nothing was executed; the caller has to wait (section 14)."""
        return self.status == 429

    @property
    def transient(self) -> bool:
        """A later repetition may succeed; the outcome of this attempt is unknown.

        ``Stream was not readable`` shares its code with payload errors, so its text decides
        (section 11.3).
        """
        if self.code in _FINAL_CODES:
            return False
        return (
            self.status in _TRANSIENT_STATUSES
            or self.code in _TRANSIENT_CODES
            or (self.code == PAYLOAD and "Stream was not readable" in self.message)
        )


def read_fault(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Fault:
    """Read an error answer, whatever its body is.

    :param headers: names in any case, when the mapping itself ignores case, else in lower case.
    """
    error = _error_object(body)
    code = normal_code(str(error.get("code") or ""))
    return Fault(
        status=status,
        code=code or str(status),
        message=str(error.get("message") or f"HTTP {status} without an explanation"),
        retry_after=retry_after_seconds(headers.get("retry-after"), now),
    )


def normal_code(code: str) -> str:
    """Return ``code`` as lower-case hex; empty for none, ``0x0`` and what is no code."""
    text = code.strip().lower()
    if re.fullmatch(r"-\d+", text):
        text = f"0x{int(text) & 0xFFFFFFFF:08x}"
    return text if re.fullmatch(r"0x[0-9a-f]*[1-9a-f][0-9a-f]*", text) else ""


def named_column(message: str, columns: Iterable[str]) -> str | None:
    """Return the column among ``columns`` that ``message`` quotes, in any kind of quotes.

    The code of an unknown column is that of every query error, so the name has to be looked up in
    the text; only names that we sent count.
    """
    known = set(columns)
    return next((name for name in _QUOTED.findall(message) if name in known), None)


def _error_object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(parsed, dict):
        return {}
    error = parsed.get("error")
    if isinstance(error, dict):
        return error
    return {"message": parsed.get("Message") or parsed.get("message")}
