"""Parameters that DAGs share: checked by Airflow when a run is triggered, shown in its form."""

from __future__ import annotations

from airflow.sdk import Param

#: most records that one run is asked for.
MOST_RECORDS = 1000
#: ``TABLE:GUID``; a GUID may stand in braces.
ROW_PATTERN = r"^(lead|contact):\{?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?$"

_PERSON = {"type": ["integer", "string"], "minimum": 1, "pattern": r"^[1-9][0-9]*$"}
_ROW = {"type": "string", "pattern": ROW_PATTERN}


def instant(description: str) -> Param:
    """Return an optional parameter that holds an instant."""
    return Param(None, type=["null", "string"], format="date-time", description=description)


def persons(description: str) -> Param:
    """Return a parameter that holds Marketo person ids, or none."""
    return Param([], type="array", items=_PERSON, maxItems=MOST_RECORDS, description=description)


def rows(description: str) -> Param:
    """Return a parameter that holds Dynamics rows as ``TABLE:GUID``, or none."""
    return Param([], type="array", items=_ROW, maxItems=MOST_RECORDS, description=description)
