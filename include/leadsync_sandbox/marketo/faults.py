"""Answers of the ``error`` fault: an envelope with a code, or any HTTP status and body."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.marketo.envelope import failure

MESSAGES = {
    "500": "Internal Server error",
    "502": "Bad Gateway",
    "601": "Access token invalid",
    "602": "Access token expired",
    "603": "Access denied",
    "604": "Request timed out",
    "606": "Max rate limit '100' exceeded with in '20' secs",
    "607": "Daily quota reached",
    "608": "API Temporarily Unavailable",
    "611": "System error",
    "614": "Invalid Subscription",
    "615": "Concurrent access limit '10' reached",
    "713": "Transient Error",
}
BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"


def error_answer(params: Mapping[str, Any], now: datetime) -> Answer:
    """Return the answer for ``{code, message}`` or ``{status, body, headers}``."""
    if "code" in params:
        code = str(params["code"])
        return failure(now, code, str(params.get("message") or MESSAGES.get(code, "Error")))
    status = int(params.get("status", 502))
    headers = {"Content-Type": "text/html", **params.get("headers", {})}
    body = str(params.get("body", BAD_GATEWAY)).encode()
    return Answer(status, headers, body, (str(status),))
