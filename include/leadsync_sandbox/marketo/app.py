"""The Marketo stand-in: order of checks, dispatch, control (reference/marketo-rest.md 4.5)."""

from __future__ import annotations

import gzip
import posixpath
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from leadsync_sandbox.common.calls import Answer, Call
from leadsync_sandbox.common.sandbox import Json, Sandbox
from leadsync_sandbox.marketo import identity
from leadsync_sandbox.marketo.activity_log import ActivityLog
from leadsync_sandbox.marketo.bulk.jobs import advance_jobs
from leadsync_sandbox.marketo.complaints import complaints
from leadsync_sandbox.marketo.defaults import DEFAULTS
from leadsync_sandbox.marketo.endpoints import all_routes
from leadsync_sandbox.marketo.envelope import HttpError, MarketoError, failure, success
from leadsync_sandbox.marketo.faults import error_answer
from leadsync_sandbox.marketo.fields import FieldCatalog
from leadsync_sandbox.marketo.flow_steps.callbacks import answer_callback
from leadsync_sandbox.marketo.flow_steps.campaign import CALLBACK_PATH
from leadsync_sandbox.marketo.instance import Instance
from leadsync_sandbox.marketo.latency import realistic_latency
from leadsync_sandbox.marketo.limits import Limits
from leadsync_sandbox.marketo.oracle import stored_records
from leadsync_sandbox.marketo.people import People
from leadsync_sandbox.marketo.request import (
    FORM,
    Request,
    content_type,
    form_parameters,
    parse_json,
)
from leadsync_sandbox.marketo.routes import Route, Router
from leadsync_sandbox.marketo.schema import SCHEMA
from leadsync_sandbox.marketo.seeding import load_records
from leadsync_sandbox.marketo.user_edits import apply_edit

MOST_URI_BYTES = 8 * 1024
MOST_BODY_BYTES = 1024 * 1024
MOST_IMPORT_BYTES = 10 * 1024 * 1024
GZIP_FROM_BYTES = 1024
_PLAIN = {"Content-Type": "text/plain"}


class MarketoSandbox(Sandbox):
    """One Marketo subscription served over HTTP; state in ``folder/marketo.db``."""

    name = "marketo"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, schema=SCHEMA, defaults=DEFAULTS)
        self._identity = identity.Identity(self.database, self.clock, self.settings)
        self._limits = Limits(self.database, self.clock, self.settings)
        self._router = Router(all_routes())
        self.instance = Instance(
            folder,
            self.database,
            self.keep,
            self.clock,
            self.settings,
            FieldCatalog(self.database),
            People(self.database, self.keep),
            ActivityLog(self.database),
        )

    def classify(self, call: Call) -> str:
        if call.path == identity.PATH:
            return "token"
        try:
            route, _ = self._router.find(_method(call), _path(call))
        except MarketoError:
            return "read" if call.method == "GET" else "write"
        return "write" if route.writes else "read"

    def answer(self, call: Call) -> Answer:
        too_large = _size_refusal(call)
        if too_large is not None:
            return too_large
        if call.path == identity.PATH:
            return self._identity.answer(call)
        if call.path.startswith(f"{CALLBACK_PATH}/"):
            return answer_callback(self.instance, call)
        return _compressed(call, self._endpoint(call))

    def _endpoint(self, call: Call) -> Answer:
        now, user = self.clock.now(), ""
        try:
            route, path = self._route(call)
            user = self._identity.user(call)
            if route.permission in self.settings["denied_permissions"]:
                raise MarketoError("603", "Access denied")
            self._limits.check(call.running)
            request = Request(
                call, [*call.query, *form_parameters(call)], user, now, path, _content(call, route)
            )
            advance_jobs(self.instance)
            made = route.handler(self.instance, request)
            answer = made if isinstance(made, Answer) else success(now, made)
        except MarketoError as error:
            answer = failure(now, error.code, error.message)
        except HttpError as error:
            answer = error.answer
        self._limits.count(user or "unknown", answer.errors)
        return replace(answer, complaints=complaints(call))

    def _route(self, call: Call) -> tuple[Route, dict[str, str]]:
        if "//" in call.path and self.settings["double_slash_rejected"]:
            raise MarketoError("610", "Requested resource not found")
        return self._router.find(_method(call), _path(call))

    def error_answer(self, params: Mapping[str, Any]) -> Answer:
        return error_answer(params, self.clock.now())

    def latency(self, call: Call) -> float:
        return realistic_latency(call) if self.settings["latency"] == "realistic" else 0.0

    def expire_tokens(self) -> None:
        self._identity.expire_all()

    def edit(self, edit: Json) -> Json:
        return apply_edit(self.instance, edit)

    def records(self, kind: str, query: Mapping[str, str]) -> list[Json]:
        return stored_records(self.instance, kind, query)

    def load(self, records: Mapping[str, list[Json]], *, log: bool) -> Json:
        return load_records(self.instance, records, log=log)


def _path(call: Call) -> str:
    return posixpath.normpath(call.path) if ".." in call.path else call.path


def _method(call: Call) -> str:
    """Return the method that is meant: ``_method`` in query or form replaces POST."""
    if call.method != "POST":
        return call.method
    return dict([*call.query, *form_parameters(call)]).get("_method", "POST").upper()


def _size_refusal(call: Call) -> Answer | None:
    if call.target_length > MOST_URI_BYTES:
        return Answer(414, _PLAIN, b"Request-URI Too Large", ("414",))
    is_import = content_type(call) == "multipart/form-data"
    if len(call.body) > (MOST_IMPORT_BYTES if is_import else MOST_BODY_BYTES):
        return Answer(413, _PLAIN, b"Request Entity Too Large", ("413",))
    return None


def _content(call: Call, route: Route) -> Any:
    """Return the JSON body that a route takes, or ``None``.

    :raises MarketoError: 612 for a wrong or missing content type, 609 for a body that is no JSON.
    """
    given = content_type(call)
    if route.body == "multipart":
        if given != "multipart/form-data":
            raise MarketoError("612", "Invalid Content Type")
        return None
    if given == FORM and (route.body in ("none", "any", "form") or _method(call) != call.method):
        return None
    if route.body in ("json", "optional_json", "form") and given != "application/json":
        raise MarketoError("612", "Invalid Content Type")
    if route.body == "json" or (given == "application/json" and call.body):
        return parse_json(call.body)
    return None


def _compressed(call: Call, answer: Answer) -> Answer:
    accepts = "gzip" in call.headers.get("accept-encoding", "")
    bulk = call.path.startswith("/bulk/")
    if not accepts or bulk or len(answer.body) < GZIP_FROM_BYTES:
        return answer
    headers = {**answer.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    body = gzip.compress(answer.body, 1)
    return replace(answer, headers=headers, body=body)
