"""Which leadsync answers here."""

from __future__ import annotations

from fastapi import APIRouter

from leadsync_airflow.provider import installed_version

router = APIRouter(prefix="/api")


@router.get("/about")
def about() -> dict[str, str]:
    """Return name and version."""
    return {"name": "leadsync", "version": installed_version()}
