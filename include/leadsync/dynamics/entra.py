"""Errors of the Entra token endpoint, each with what to do (reference/dataverse-webapi.md 1.1)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import requests

from leadsync.dynamics.errors import SYSTEM
from leadsync.dynamics.faults import read_fault
from leadsync.errors import ApiError, AuthenticationError, ThrottledError, TransientApiError

CALL = "POST token"

_CREDENTIAL = (
    "Register the certificate or federated credential with the app registration, or use a secret."
)
_RESOURCE = (
    "Set the connection's host to the organisation URL, such as "
    "https://contoso.crm.dynamics.com, without a path."
)
_REMEDIES = {
    7000215: "Put the secret's value, not its id, into the connection's password.",
    7000222: "The secret has expired: create a new one in the app registration and put its value "
    "into the connection's password.",
    700027: _CREDENTIAL,
    700213: _CREDENTIAL,
    700016: "Check the connection's login (client id) and that the app registration is in the "
    "tenant of extra tenant_id.",
    90002: "Check extra tenant_id of the connection.",
    500011: _RESOURCE,
    70011: _RESOURCE,
}
_BY_ERROR = {
    "invalid_client": "Check login (client id) and password (client secret) of the connection.",
    "unauthorized_client": _REMEDIES[700016],
    "invalid_resource": _RESOURCE,
    "invalid_scope": _RESOURCE,
}


def entra_error(response: requests.Response, body: dict[str, Any], now: datetime) -> ApiError:
    """Return the error for a refused token request; Entra's own text, less its trace ids."""
    number = aadsts_code(body)
    status, error = response.status_code, str(body.get("error") or "")
    code = f"AADSTS{number}" if number else error or str(status)
    message = _first_sentence(str(body.get("error_description") or error or f"HTTP {status}"))
    wait = read_fault(status, response.headers, b"", now).retry_after
    if status == 429:
        return ThrottledError(message, system=SYSTEM, call=CALL, code=code, retry_after=wait)
    if status >= 500 or error == "temporarily_unavailable":
        passing = TransientApiError(message, system=SYSTEM, call=CALL, code=code)
        passing.retry_after = wait
        return passing
    remedy = (
        _REMEDIES.get(number or 0)
        or _BY_ERROR.get(error)
        or ("Check host, login, password and extra tenant_id of the connection.")
    )
    return AuthenticationError(message, system=SYSTEM, call=CALL, code=code, remedy=remedy)


def aadsts_code(body: dict[str, Any]) -> int | None:
    """Return the number of the AADSTS code, from ``error_codes`` or from the description."""
    codes = body.get("error_codes")
    if isinstance(codes, list) and codes and str(codes[0]).isdigit():
        return int(codes[0])
    found = re.search(r"AADSTS(\d+)", str(body.get("error_description") or ""))
    return int(found.group(1)) if found else None


def _first_sentence(description: str) -> str:
    return re.split(r"\s*Trace ID:", description, maxsplit=1)[0].strip()
