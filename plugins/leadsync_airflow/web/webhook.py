"""A classic Marketo webhook for "Sync Person to Microsoft" (reference/marketo-rest.md 17)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from leadsync.clock import SystemClock
from leadsync.errors import LeadsyncError
from leadsync.flow_step.accepting import accept
from leadsync.flow_step.access import WEBHOOK
from leadsync.flow_step.webhook import read_webhook
from leadsync_airflow.web import services
from leadsync_airflow.web.bodies import bounded_body
from leadsync_airflow.web.failures import failed
from leadsync_airflow.web.keys import Key

MOST_BYTES = 64 * 1024

key = Key(WEBHOOK)
router = APIRouter(prefix="/webhook")


@router.post("/sync-person")
async def sync_person(request: Request) -> dict[str, Any]:
    """Take a person over; the answer is flat, for Marketo's response mapping."""
    body = await bounded_body(request, MOST_BYTES)
    return await run_in_threadpool(_taken_over, body)


def _taken_over(body: bytes) -> dict[str, Any]:
    try:
        call = read_webhook(body)
        accepted = accept(services.state_store().calls, call, SystemClock().now())
    except LeadsyncError as error:
        raise failed(error) from error
    (wish,) = call.wishes
    return {
        "status": "repeated" if accepted.repeated else "accepted",
        "jobId": accepted.call_id,
        "leadId": wish.marketo_id,
        "syncAs": wish.sync_as,
    }
