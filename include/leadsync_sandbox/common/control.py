"""Control endpoints under ``/_control/``, which no client of the product ever calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from leadsync_sandbox.common.clock import format_moment, parse_moment
from leadsync_sandbox.common.sandbox import ControlError, Sandbox

Work = Callable[[Sandbox, Request, Any], Any]


def control_app(sandbox: Sandbox) -> Starlette:
    """Return the control endpoints of one stand-in."""
    return Starlette(
        routes=[
            Route(f"/_control/{path}", _endpoint(sandbox, work), methods=[method])
            for method, path, work in _ROUTES
        ]
    )


def _endpoint(sandbox: Sandbox, work: Work) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> JSONResponse:
        body = await request.body()
        try:
            content = json.loads(body) if body else {}
            return JSONResponse(await run_in_threadpool(work, sandbox, request, content))
        except (ControlError, ValueError, KeyError, TypeError) as problem:
            told = f"{type(problem).__name__}: {problem}"
            return JSONResponse({"error": told}, status_code=400)

    return endpoint


def _health(sandbox: Sandbox, _request: Request, _content: Any) -> Any:
    return {"system": sandbox.name, "now": format_moment(sandbox.clock.now())}


def _journal(sandbox: Sandbox, request: Request, _content: Any) -> Any:
    return {"entries": sandbox.journal.entries(int(request.query_params.get("after", "0")))}


def _clear_journal(sandbox: Sandbox, _request: Request, _content: Any) -> Any:
    sandbox.journal.clear()
    return {}


def _stats(sandbox: Sandbox, _request: Request, _content: Any) -> Any:
    return sandbox.journal.stats()


def _faults(sandbox: Sandbox, _request: Request, _content: Any) -> Any:
    return {"rules": sandbox.faults.listed()}


def _add_faults(sandbox: Sandbox, _request: Request, content: Any) -> Any:
    rules = content if isinstance(content, list) else content.get("rules", [content])
    return {"ids": sandbox.faults.add(rules)}


def _clear_faults(sandbox: Sandbox, _request: Request, _content: Any) -> Any:
    sandbox.faults.clear()
    return {}


def _clock(sandbox: Sandbox, request: Request, content: Any) -> Any:
    unknown = set(content) - {"advance_seconds", "set_to", "frozen"}
    if unknown:
        raise ControlError(f"The clock knows no {', '.join(sorted(unknown))}.")
    if "set_to" in content:
        sandbox.clock.set_to(parse_moment(content["set_to"]))
    if "advance_seconds" in content:
        sandbox.clock.advance(float(content["advance_seconds"]))
    if "frozen" in content:
        sandbox.clock.freeze(bool(content["frozen"]))
    return _health(sandbox, request, content)


def _settings(sandbox: Sandbox, _request: Request, content: Any) -> Any:
    sandbox.settings.update(content)
    return sandbox.settings.all()


def _reset(sandbox: Sandbox, _request: Request, _content: Any) -> Any:
    sandbox.reset()
    return {}


def _edit(sandbox: Sandbox, _request: Request, content: Any) -> Any:
    if "edits" not in content:
        return sandbox.edit(content)
    with sandbox.database.transaction():
        return {"results": [sandbox.edit(edit) for edit in content["edits"]]}


def _records(sandbox: Sandbox, request: Request, _content: Any) -> Any:
    kind = request.path_params["kind"]
    return {"records": sandbox.records(kind, dict(request.query_params))}


def _import(sandbox: Sandbox, _request: Request, content: Any) -> Any:
    with sandbox.database.transaction():
        return sandbox.load(content["records"], log=bool(content.get("log", False)))


_ROUTES: list[tuple[str, str, Work]] = [
    ("GET", "health", _health),
    ("GET", "journal", _journal),
    ("DELETE", "journal", _clear_journal),
    ("GET", "stats", _stats),
    ("DELETE", "stats", _clear_journal),
    ("GET", "faults", _faults),
    ("POST", "faults", _add_faults),
    ("DELETE", "faults", _clear_faults),
    ("GET", "clock", _clock),
    ("POST", "clock", _clock),
    ("GET", "settings", _settings),
    ("POST", "settings", _settings),
    ("POST", "reset", _reset),
    ("POST", "edit", _edit),
    ("GET", "records/{kind}", _records),
    ("POST", "import", _import),
]
