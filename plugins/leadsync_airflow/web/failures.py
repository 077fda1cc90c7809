"""Turns the engine's errors into answers that tell a caller no more than it may know."""

from __future__ import annotations

import logging

from fastapi import HTTPException

from leadsync.errors import LeadsyncError
from leadsync.flow_step.model import MalformedCallError
from leadsync.redaction import redact

log = logging.getLogger(__name__)


def failed(error: LeadsyncError) -> HTTPException:
    """Return the answer: 400 with the reason for a wrong call, else 500 and a line in the log."""
    if isinstance(error, MalformedCallError):
        return HTTPException(400, error.message)
    log.error("%s", redact(str(error)))
    return HTTPException(500, "leadsync cannot do this now; its log says why.")
