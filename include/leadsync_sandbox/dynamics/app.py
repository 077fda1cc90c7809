"""The Dataverse stand-in: what :class:`Sandbox` asks for, wired together."""

from __future__ import annotations

import re
import sqlite3
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp

from leadsync_sandbox.common.calls import Answer, Call
from leadsync_sandbox.common.sandbox import ControlError, Json, Sandbox
from leadsync_sandbox.common.serving import application
from leadsync_sandbox.dynamics import auth, organisation, wildcards
from leadsync_sandbox.dynamics.batch.execution import refusal, run_batch, run_operation
from leadsync_sandbox.dynamics.edits import apply_edit
from leadsync_sandbox.dynamics.errors import ApiError, query_error
from leadsync_sandbox.dynamics.exchange import JSON_TYPE, Request, error_reply
from leadsync_sandbox.dynamics.importing import import_rows
from leadsync_sandbox.dynamics.layout import TABLES, counter, read_schema
from leadsync_sandbox.dynamics.limits import ServiceProtection
from leadsync_sandbox.dynamics.oracle import stored_records
from leadsync_sandbox.dynamics.preferences import Preferences
from leadsync_sandbox.dynamics.schema import Schema
from leadsync_sandbox.dynamics.session import Session
from leadsync_sandbox.dynamics.switches import DEFAULTS

_ROOT = re.compile(r"/api/data/(v9\.[0-2])/?")
_URL_LIMIT = 32_768


class DynamicsSandbox(Sandbox):
    """One organisation with its Entra ID authority, state in ``folder/dynamics.db``."""

    name = "dynamics"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, schema=TABLES, defaults=DEFAULTS)
        self._schema: Schema | None = None
        self._open()

    def _open(self) -> None:
        self.database.define("fold", 1, wildcards.fold)
        self.database.define("matches", 2, wildcards.matches)
        with self.database.transaction():
            if counter(self.database, "schema") == 0:
                organisation.lay_out(self.database)
                session = self._session(organisation.UI_USER)
                organisation.populate(session, session.settings["client_id"])

    def reset(self) -> None:
        """Return to the organisation of the first day."""
        self._schema = None
        super().reset()
        self._open()

    def restore(self, kept: sqlite3.Connection) -> None:
        """Return to an earlier state, schema included."""
        super().restore(kept)
        self._schema = None

    def _session(self, user_id: str, root: str = "/api/data/v9.2/") -> Session:
        return Session(
            database=self.database,
            schema=self._current_schema(),
            now=self.clock.second(),
            user_id=user_id,
            root=root,
            settings=self.settings.all(),
        )

    def _current_schema(self) -> Schema:
        known = self._schema
        if known is None or known.version != counter(self.database, "schema"):
            known = self._schema = read_schema(self.database)
        return known

    def classify(self, call: Call) -> str:
        if auth.is_authority_path(call.path):
            return "token"
        return "read" if call.method in ("GET", "HEAD", "OPTIONS") else "write"

    def latency(self, call: Call) -> float:
        return 0.0 if self.classify(call) == "token" else float(self.settings["call_seconds"])

    def answer(self, call: Call) -> Answer:
        if auth.is_authority_path(call.path):
            with self.database.transaction():
                return auth.answer_authority(
                    call, self.database, self.settings.all(), self.clock.now()
                )
        with self.database.transaction():
            answer = self._answer_api(call)
        service_id = str(uuid.uuid4())
        headers = {"x-ms-service-request-id": service_id, "REQ_ID": service_id, **answer.headers}
        return replace(answer, headers=headers)

    def _answer_api(self, call: Call) -> Answer:
        settings = self.settings.all()
        matched = _ROOT.match(call.raw_path)
        try:
            if not matched:
                raise query_error(f"Resource not found for the segment '{call.path}'.", 404)
            app_id = auth.require_token(call, self.database, settings, self.clock.now())
            auth.require_member(settings, app_id)
            session = self._session(
                organisation.APPLICATION_USER, f"{call.base_url}/api/data/{matched[1]}/"
            )
            budget = ServiceProtection(self.database, settings, session.user_id, self.clock.now())
            budget.enter(self.running)
        except ApiError as problem:
            return error_reply(problem, Preferences(), settings["upper_case_error_codes"])
        started = time.perf_counter()
        answer = _carried_out(session, call, call.raw_path[matched.end() :])
        budget.leave(time.perf_counter() - started)
        return replace(answer, headers={**budget.headers, **answer.headers})

    def error_answer(self, params: Mapping[str, Any]) -> Answer:
        """Return an injected error: ``status``, ``code``, ``message``, ``headers``, ``body``."""
        status = int(params.get("status", 503))
        code = str(params.get("code", "0x80044150" if status >= 500 else "0x80072322"))
        text = str(params.get("message", "Generic SQL error."))
        told = error_reply(ApiError(status, code, text), Preferences())
        headers = {"Content-Type": JSON_TYPE, **params.get("headers", {})}
        body = str(params["body"]).encode() if "body" in params else told.body
        return Answer(status, headers, body, errors=(code,))

    def expire_tokens(self) -> None:
        self.database.run("UPDATE token SET expires_at = 0")

    def edit(self, edit: Json) -> Json:
        with self.database.savepoint():
            return apply_edit(self._session(organisation.UI_USER), edit)

    def records(self, kind: str, query: Mapping[str, str]) -> list[Json]:
        return stored_records(self._session(organisation.UI_USER), kind, query)

    def load(self, records: Mapping[str, list[Json]], *, log: bool) -> Json:
        if log:
            raise ControlError("Dynamics keeps no activity log; every import is a tracked change.")
        return dict(import_rows(self._session(organisation.UI_USER), records))


def _carried_out(session: Session, call: Call, path: str) -> Answer:
    request = Request(call.method, path, call.raw_query, _lower(call), call.body)
    if call.target_length > _URL_LIMIT:
        return refusal(session, request, query_error("The URL is longer than 32,768 bytes.", 414))
    if unquote(path) != "$batch":
        return run_operation(session, request)
    try:
        if call.method != "POST":
            raise query_error("The HTTP verb must be POST for a batch.", 405)
        return run_batch(session, request)
    except ApiError as problem:
        return refusal(session, request, problem)


def _lower(call: Call) -> dict[str, str]:
    """Return the headers by lower-case name, repeated ones joined."""
    found: dict[str, str] = {}
    for name, value in call.headers.items():
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def create_app(data_dir: Path) -> ASGIApp:
    """Return the application that serves the organisation kept in ``data_dir``."""
    return application(DynamicsSandbox(data_dir))
