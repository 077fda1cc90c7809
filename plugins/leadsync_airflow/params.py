"""Parameters that DAGs share: checked by Airflow when a run is triggered, shown in its form."""

from __future__ import annotations

from typing import Any

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


def items(description: str) -> Param:
    """Return a parameter that holds ids of quarantine items, or none."""
    item = {"type": "string", "minLength": 1}
    return Param([], type="array", items=item, maxItems=MOST_RECORDS, description=description)


def item_filter() -> dict[str, Param]:
    """Return the parameters that say which quarantine items are meant; all are optional."""
    text: dict[str, Any] = {"type": ["null", "string"]}
    return {
        "direction": Param(None, enum=[None, "to_marketo", "to_dynamics"], **text),
        "table": Param(None, enum=[None, "lead", "contact"], **text),
        "field": Param(
            None, description="The field that failed, as the quarantine names it.", **text
        ),
        "rule": Param(None, description="The rule, or the code of a server.", **text),
        "source": Param(None, enum=[None, "validation", "server"], **text),
        "person": Param(None, type=["null", "integer"], description="A Marketo person id."),
        "row": Param(None, description="The id of a lead or contact.", **text),
        "text": Param(None, description="Part of the reason, in any case.", **text),
        "since": instant("Rows seen at this time or later."),
    }
