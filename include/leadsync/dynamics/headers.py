"""Headers of every request (reference/dataverse-webapi.md 2.2)."""

from __future__ import annotations

import json
from typing import Any

JSON_TYPE = "application/json; charset=utf-8"
CONTINUE_ON_ERROR = "odata.continue-on-error"
RETURN_ROW = "return=representation"


def common_headers(method: str, request_id: str) -> dict[str, str]:
    """Return the headers that every request carries, apart from the token.

    ``If-None-Match: null`` on GET defeats the server's cache of expanded rows.
    """
    headers = {
        "Accept": "application/json",
        "OData-MaxVersion": "4.0",
        "OData-Version": "4.0",
        "x-ms-client-request-id": request_id,
    }
    return headers | ({"If-None-Match": "null"} if method == "GET" else {})


def page_preference(size: int, *, track_changes: bool = False) -> dict[str, str]:
    """Return the ``Prefer`` header of a paged read, to be repeated on every page."""
    tracked = "odata.track-changes," if track_changes else ""
    return {"Prefer": f"{tracked}odata.maxpagesize={size}"}


def json_body(value: Any) -> bytes:
    """Return ``value`` as JSON in pure ASCII, so that no charset can be misread.

    :raises ValueError: a number is not finite.
    """
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")
