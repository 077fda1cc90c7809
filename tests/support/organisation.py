"""The Dataverse stand-in called without a network: fast, and with the same code path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

from starlette.datastructures import Headers

from leadsync_sandbox.common.calls import Answer, Call
from leadsync_sandbox.dynamics.app import DynamicsSandbox
from leadsync_sandbox.dynamics.switches import CLIENT_ID, CLIENT_SECRET, TENANT_ID

Json = dict[str, Any]
HOST = "contoso.crm.dynamics.example"
BASE = f"https://{HOST}"
API = f"{BASE}/api/data/v9.2/"
REPRESENTATION = {"Prefer": "return=representation"}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; ``json`` is empty without a body."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text) if self.text else {}

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])

    @property
    def message(self) -> str:
        return str(self.json["error"]["message"])

    @property
    def created_id(self) -> str:
        """The GUID in ``OData-EntityId``."""
        return self.headers["OData-EntityId"].rpartition("(")[2].rstrip(")")


class Organisation:
    """An organisation and an authorised client."""

    def __init__(self, folder: Path) -> None:
        self.sandbox = DynamicsSandbox(folder)
        self.token = self.new_token()

    def raw(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """Send a request as it stands."""
        path, _, query = url.removeprefix(BASE).partition("?")
        lower = {"host": HOST, **{name.lower(): value for name, value in headers.items()}}
        call = Call(method, unquote(path), path, query, Headers(lower), body, BASE)
        with self.sandbox.count_running(self.sandbox.classify(call)):
            answer: Answer = self.sandbox.answer(call)
        return Reply(answer.status, answer.headers, answer.body.decode())

    def token_call(self, tenant: str = TENANT_ID, **form: str) -> Reply:
        """Ask for a token; ``form`` changes the standard fields."""
        fields = {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "scope": f"{BASE}/.default",
            **form,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        url = f"{BASE}/{tenant}/oauth2/v2.0/token"
        return self.raw("POST", url, headers, urlencode(fields).encode())

    def new_token(self) -> str:
        """Return a fresh access token."""
        return str(self.token_call().json["access_token"])

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        /,
        **options: str,
    ) -> Reply:
        """Send a request below the service root; ``options`` are query options without ``$``."""
        query = "&".join(f"${name}={quote(value, safe='')}" for name, value in options.items())
        url = path if path.startswith("https://") else API + path
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        content = b""
        if body is not None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent = {"Content-Type": "application/json; charset=utf-8", **sent}
        return self.raw(method, f"{url}?{query}" if query else url, sent, content)

    def get(self, path: str, headers: Mapping[str, str] | None = None, /, **options: str) -> Reply:
        """GET below the service root."""
        return self.call("GET", path, None, headers, **options)

    def create(self, entity_set: str, **values: Any) -> str:
        """Create a row and return its id."""
        reply = self.call("POST", entity_set, values)
        assert reply.status == 204, reply.text
        return reply.created_id

    def patch(self, path: str, headers: Mapping[str, str] | None = None, /, **values: Any) -> Reply:
        """PATCH a row."""
        return self.call("PATCH", path, values, headers)

    def row(self, entity_set: str, row_id: str) -> Json:
        """Return a whole row."""
        found: Json = self.get(f"{entity_set}({row_id})").json
        return found

    def edit(self, operation: str, **edit: Any) -> Json:
        """Make a user's edit."""
        return self.sandbox.edit({"operation": operation, **edit})

    def switch(self, **settings: Any) -> None:
        """Change switches."""
        self.sandbox.settings.update(settings)
