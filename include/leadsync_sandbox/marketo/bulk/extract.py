"""Content of an export file (reference/marketo-rest.md 13.3)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from leadsync_sandbox.common.clock import format_moment, parse_moment
from leadsync_sandbox.marketo.envelope import Json
from leadsync_sandbox.marketo.instance import Instance
from leadsync_sandbox.marketo.people import Person

SEPARATORS = {"CSV": ",", "TSV": "\t", "SSV": ";"}
ACTIVITY_COLUMNS = (
    "marketoGUID",
    "leadId",
    "activityDate",
    "activityTypeId",
    "campaignId",
    "primaryAttributeValueId",
    "primaryAttributeValue",
    "attributes",
)


def export_file(box: Instance, kind: str, request: Json) -> tuple[bytes, int]:
    """Return the file of a job and its number of rows; null is the bare word ``null``."""
    if kind == "leads":
        columns = list(request["fields"])
        fields = box.fields.all()
        people = _people(box, request["filter"])
        rows = [[person.value(fields[name]) for name in columns] for person in people]
    else:
        columns = list(request.get("fields") or ACTIVITY_COLUMNS)
        rows = [[item[name] for name in columns] for item in _activities(box, request["filter"])]
    headers = request.get("columnHeaderNames") or {}
    return _written(columns, headers, rows, request.get("format", "CSV")), len(rows)


def _people(box: Instance, chosen: Mapping[str, Any]) -> list[Person]:
    (name, value), *_ = chosen.items()
    if name in ("createdAt", "updatedAt"):
        column = "created_at" if name == "createdAt" else "changed_at"
        return box.people.select(f"{column} BETWEEN ? AND ?", _range(value))
    column = "id" if name == "staticListId" else "name"
    return box.people.select(
        "id IN (SELECT person_id FROM member WHERE list_id IN "
        f"(SELECT id FROM list WHERE {column} = ?))",
        (value,),
    )


def _range(value: Mapping[str, str]) -> tuple[str, str]:
    return format_moment(parse_moment(value["startAt"])), format_moment(
        parse_moment(value["endAt"])
    )


def _activities(box: Instance, chosen: Mapping[str, Any]) -> Iterable[Json]:
    start, end = _range(chosen["createdAt"])
    types = [int(number) for number in chosen.get("activityTypeIds", [])]
    for row in box.log.between(start, end, types, box.clock.now()):
        yield {
            "marketoGUID": str(row["seq"]),
            "leadId": row["person_id"],
            "activityDate": row["at"],
            "activityTypeId": row["type_id"],
            "campaignId": row["campaign_id"],
            "primaryAttributeValueId": row["primary_id"],
            "primaryAttributeValue": row["primary_value"],
            "attributes": json.dumps(json.loads(row["attributes"]), separators=(",", ":")),
            "actionResult": "succeeded",
        }


def _written(
    columns: Sequence[str],
    headers: Mapping[str, str],
    rows: Iterable[Sequence[Any]],
    file_format: str,
) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=SEPARATORS[file_format.upper()], lineterminator="\n")
    writer.writerow([headers.get(name, name) for name in columns])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else value
