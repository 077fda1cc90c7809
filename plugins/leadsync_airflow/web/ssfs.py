"""Marketo's self-service flow step "Sync Person to Microsoft" (reference/marketo-rest.md 18).

Its definition is public, because Marketo reads it before it knows the key; all else needs the key.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, JSONResponse, Response

from leadsync.clock import SystemClock
from leadsync.errors import LeadsyncError
from leadsync.flow_step.accepting import accept
from leadsync.flow_step.access import FLOW_STEP
from leadsync.flow_step.definition import definition
from leadsync.flow_step.invocation import read_invocation
from leadsync.flow_step.model import MalformedCallError
from leadsync.flow_step.reading import json_object
from leadsync.flow_step.service import ASSIGN_TO, fixed_choices, service_definition
from leadsync.flow_step.status import service_status
from leadsync_airflow.web import services
from leadsync_airflow.web.bodies import bounded_body
from leadsync_airflow.web.failures import failed
from leadsync_airflow.web.keys import Key

MOST_BYTES = 16 * 1024 * 1024
MOST_PICKLIST_BYTES = 256 * 1024
_STATIC = Path(__file__).parent / "static"

key = Key(FLOW_STEP)
router = APIRouter(prefix="/ssfs")
public = APIRouter(prefix="/ssfs")


@public.get("/openapi.json")
def get_definition() -> JSONResponse:
    """Return the document that an administrator installs the service with."""
    return JSONResponse(definition())


@router.post("/submitAsyncAction", status_code=201)
async def submit(request: Request) -> dict[str, Any]:
    """Take persons over: 201 once they are stored, and again for a repetition of the call."""
    body = await bounded_body(request, MOST_BYTES)
    return await run_in_threadpool(_submitted, body)


def _submitted(body: bytes) -> dict[str, Any]:
    try:
        call = read_invocation(body, key.access().callbacks)
        accepted = accept(services.state_store().calls, call, SystemClock().now())
    except LeadsyncError as error:
        raise failed(error) from error
    return {"id": accepted.call_id, "accepted": len(call.wishes), "repeated": accepted.repeated}


@router.get("/getServiceDefinition")
def get_service_definition() -> dict[str, Any]:
    """Return inputs and outputs of the flow step."""
    return service_definition()


@router.post("/getPicklist")
async def get_picklist(request: Request) -> dict[str, Any]:
    """Return the choices of an input."""
    body = await bounded_body(request, MOST_PICKLIST_BYTES)
    return await run_in_threadpool(_picklist, body)


def _picklist(body: bytes) -> dict[str, Any]:
    try:
        asked = json_object(body)
        name = asked.get("name")
        if asked.get("type") != "flow" or not isinstance(name, str):
            raise MalformedCallError("Only inputs of the type flow have choices.")
        choices = fixed_choices(name)
        if choices is None and name == ASSIGN_TO:
            choices = services.users.get()
    except LeadsyncError as error:
        raise failed(error) from error
    if choices is None:
        raise HTTPException(400, f"There is no input {json.dumps(name[:100])}.")
    return choices


@router.get("/status")
def get_status() -> dict[str, Any]:
    """Return what needs attention."""
    try:
        return service_status(services.state_store(), SystemClock().now())
    except LeadsyncError as error:
        raise failed(error) from error


@router.get("/brandIcon")
@router.get("/serviceIcon")
def get_icon() -> Response:
    """Return the icon."""
    return FileResponse(_STATIC / "icon.png", media_type="image/png")


@router.get("/providerInstructions")
def get_instructions() -> Response:
    """Return how to set the service up."""
    return FileResponse(_STATIC / "instructions.html", media_type="text/html")
