"""The token endpoint of Entra ID and what the service does with tokens (reference 1)."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from leadsync_sandbox.common.calls import Answer, Call, json_answer
from leadsync_sandbox.common.database import Database
from leadsync_sandbox.dynamics.errors import ApiError

Settings = dict[str, Any]
_LOOPBACK = ("localhost", "127.0.0.1")


class _TokenError(Exception):
    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        super().__init__(text)
        self.status, self.error, self.number, self.text = status, error, number, text


def is_authority_path(path: str) -> bool:
    """Tell whether a path belongs to the authority and not to the organisation."""
    return path.endswith(
        ("/oauth2/v2.0/token", "/oauth2/token", "/openid-configuration", "/discovery/instance")
    )


def answer_authority(call: Call, database: Database, settings: Settings, now: datetime) -> Answer:
    """Serve the token endpoint and the discovery documents."""
    tenant = call.path.strip("/").split("/")[0]
    if call.path.endswith("/discovery/instance"):
        base = call.base_url
        return json_answer(
            {"tenant_discovery_endpoint": f"{base}/{tenant}/v2.0/.well-known/openid-configuration"}
        )
    if call.path.endswith("/openid-configuration"):
        return json_answer(_openid_configuration(call.base_url, tenant))
    try:
        return json_answer(_issue(call, tenant, database, settings, now))
    except _TokenError as problem:
        return _failure(problem, now)


def require_token(call: Call, database: Database, settings: Settings, now: datetime) -> str:
    """Return the application id behind the request's token.

    :raises ApiError: 401 with the challenge when the token is missing, unknown, expired or made
        for another organisation.
    """
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    row = database.row("SELECT * FROM token WHERE token = ?", (token,))
    valid = scheme.lower() == "bearer" and row is not None and row["expires_at"] > now.timestamp()
    if row is None or not valid or row["audience"] != call.base_url:
        authority = f"{call.base_url}/{settings['tenant_id']}/oauth2/authorize"
        challenge = f"Bearer authorization_uri={authority}, resource_id={call.base_url}/"
        raise ApiError(
            401,
            "0x80040277",
            "Unauthorized: the access token is missing, expired or meant for another resource.",
            headers={"WWW-Authenticate": challenge},
        )
    return str(row["app_id"])


def require_member(settings: Settings, app_id: str) -> None:
    """Refuse an application without an enabled application user.

    :raises ApiError: 403 ``0x80072560``.
    """
    if not settings["application_user"] or app_id != settings["client_id"]:
        raise ApiError(403, "0x80072560", "The user is not a member of the organization.")


def _openid_configuration(base: str, tenant: str) -> dict[str, Any]:
    return {
        "issuer": f"{base}/{tenant}/v2.0",
        "authorization_endpoint": f"{base}/{tenant}/oauth2/v2.0/authorize",
        "token_endpoint": f"{base}/{tenant}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "response_types_supported": ["code", "id_token", "token"],
        "subject_types_supported": ["pairwise"],
    }


def _issue(
    call: Call, tenant: str, database: Database, settings: Settings, now: datetime
) -> dict[str, Any]:
    form = {name: values[0] for name, values in parse_qs(call.body.decode("latin-1")).items()}
    _require_grant(call, form, tenant, settings)
    audience = _audience(call, form)
    lifetime = int(settings["token_seconds"])
    token = f"sandbox.{secrets.token_urlsafe(48)}"
    database.run(
        "INSERT INTO token VALUES (?, ?, ?, ?)",
        (token, form["client_id"], audience, now.timestamp() + lifetime),
    )
    answer = {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime}
    return {**answer, "access_token": token}


def _require_grant(call: Call, form: dict[str, str], tenant: str, settings: Settings) -> None:
    kind = call.headers.get("content-type", "")
    if call.method != "POST" or not kind.startswith("application/x-www-form-urlencoded"):
        raise _TokenError(400, "invalid_request", 900144, "The request body must be a form.")
    for name in ("grant_type", "client_id", "client_secret"):
        if not form.get(name):
            text = f"The request body must contain the following parameter: '{name}'."
            raise _TokenError(400, "invalid_request", 900144, text)
    if form["grant_type"] != "client_credentials":
        text = f"The grant type '{form['grant_type']}' is not supported."
        raise _TokenError(400, "unsupported_grant_type", 70003, text)
    if tenant != settings["tenant_id"]:
        raise _TokenError(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
    if form["client_id"] != settings["client_id"]:
        text = f"Application with identifier '{form['client_id']}' was not found in the directory."
        raise _TokenError(400, "unauthorized_client", 700016, text)
    if form["client_secret"] != settings["client_secret"]:
        text = (
            "Invalid client secret provided. Ensure the secret being sent in the request is the "
            "client secret value, not the client secret ID, for a secret added to app "
            f"'{form['client_id']}'."
        )
        raise _TokenError(401, "invalid_client", 7000215, text)
    if settings["secret_expired"]:
        text = f"The provided client secret keys for app '{form['client_id']}' are expired."
        raise _TokenError(401, "invalid_client", 7000222, text)


def _audience(call: Call, form: dict[str, str]) -> str:
    if call.path.endswith("/oauth2/token"):
        resource = form.get("resource", "").rstrip("/")
    else:
        scope = form.get("scope", "")
        if not scope.endswith("/.default"):
            text = f"The provided request must include a scope ending in /.default, not '{scope}'."
            raise _TokenError(400, "invalid_scope", 70011, text)
        resource = scope.removesuffix("/.default")
    asked, own = urlsplit(resource), urlsplit(call.base_url)
    is_own = asked.netloc == own.netloc
    if not is_own and (asked.hostname not in _LOOPBACK or asked.port != own.port):
        text = f"The resource principal named {resource} was not found in the tenant."
        raise _TokenError(400, "invalid_resource", 500011, text)
    return resource


def _failure(problem: _TokenError, now: datetime) -> Answer:
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    moment = now.strftime("%Y-%m-%d %H:%M:%SZ")
    content = {
        "error": problem.error,
        "error_description": f"AADSTS{problem.number}: {problem.text} Trace ID: {trace} "
        f"Correlation ID: {correlation} Timestamp: {moment}",
        "error_codes": [problem.number],
        "timestamp": moment,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={problem.number}",
    }
    return json_answer(content, status=problem.status, errors=(f"AADSTS{problem.number}",))
