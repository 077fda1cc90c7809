"""OAuth tokens: one per client, shared until it expires (reference/marketo-rest.md 2)."""

from __future__ import annotations

import math
import uuid
from typing import Any

from leadsync_sandbox.common.calls import Answer, Call, json_answer
from leadsync_sandbox.common.clock import SandboxClock
from leadsync_sandbox.common.database import Database
from leadsync_sandbox.common.settings import Settings
from leadsync_sandbox.marketo.envelope import MarketoError

PATH = "/identity/oauth/token"
#: seconds after its end during which a token is still known to have existed.
PURGED_AFTER = 3600.0
_HEADERS = {
    "Cache-Control": "no-store",
    "Pragma": "no-cache",
    "X-Content-Type-Options": "nosniff",
}


class Identity:
    """Hands out tokens and recognises them."""

    def __init__(self, database: Database, clock: SandboxClock, settings: Settings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings

    def answer(self, call: Call) -> Answer:
        """Serve the token endpoint."""
        parameters = dict(call.query)
        client_id = parameters.get("client_id", "")
        client = self._settings["clients"].get(client_id)
        if parameters.get("grant_type") != "client_credentials":
            status = int(self._settings["unknown_grant_status"])
            return _refused(status, "unsupported_grant_type", "Unsupported grant type")
        if client is None:
            return _refused(401, "unauthorized", f"No client with requested id: {client_id}")
        if client["secret"] != parameters.get("client_secret"):
            return _refused(401, "invalid_client", "Bad client credentials")
        token, remaining = self._token(client_id)
        content = {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": remaining,
            "scope": client["user"],
        }
        return _with_headers(json_answer(content))

    def _token(self, client_id: str) -> tuple[str, int]:
        now = self._clock.now().timestamp()
        with self._database.transaction():
            row = self._database.row(
                "SELECT * FROM token WHERE client_id = ? AND expires > ? ORDER BY expires DESC",
                (client_id, now),
            )
            if row is not None:
                return row["token"], math.ceil(row["expires"] - now) - 1
            life = int(self._settings["token_life_seconds"])
            token = f"{uuid.uuid4()}:int"
            self._database.run("INSERT INTO token VALUES (?, ?, ?)", (token, client_id, now + life))
            return token, max(life - 1, 0)

    def user(self, call: Call) -> str:
        """Return the API-only user behind a call's token.

        :raises MarketoError: 603 without token, 602 for an expired one, 601 for an unknown one.
        """
        token = self._presented(call)
        if not token:
            raise MarketoError("603", "Access denied")
        row = self._database.row("SELECT * FROM token WHERE token = ?", (token,))
        now = self._clock.now().timestamp()
        if row is None or row["expires"] < now - PURGED_AFTER:
            raise MarketoError("601", "Access token invalid")
        if row["expires"] <= now:
            raise MarketoError("602", "Access token expired")
        client: dict[str, Any] = self._settings["clients"].get(row["client_id"], {})
        return str(client.get("user", row["client_id"]))

    def _presented(self, call: Call) -> str:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return token.strip()
        if self._settings["token_in_query"]:
            return dict(call.query).get("access_token", "")
        return ""

    def expire_all(self) -> None:
        """Make every token expire now."""
        now = self._clock.now().timestamp()
        self._database.run("UPDATE token SET expires = ? WHERE expires > ?", (now, now))


def _refused(status: int, error: str, description: str) -> Answer:
    content = {"error": error, "error_description": description}
    return _with_headers(json_answer(content, status=status, errors=(error,)))


def _with_headers(answer: Answer) -> Answer:
    headers = {**answer.headers, **_HEADERS}
    return Answer(answer.status, headers, answer.body, answer.errors)
