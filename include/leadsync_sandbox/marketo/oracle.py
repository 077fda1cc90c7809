"""Everything that is stored, for tests and comparisons through control."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from leadsync_sandbox.common.sandbox import ControlError, Json
from leadsync_sandbox.marketo.instance import Instance
from leadsync_sandbox.marketo.object_kinds import KINDS
from leadsync_sandbox.marketo.people import Person


def stored_records(box: Instance, kind: str, query: Mapping[str, str]) -> list[Json]:
    """Return ``leads``, ``activities``, ``fields``, ``lists``, ``members``, ``companies``,
    ``salespersons`` or ``flow_calls``.

    :param query: ``fields`` (comma list) and ``id`` limit leads; ``leadId`` and ``typeId`` limit
        activities.
    :raises ControlError: there is no such kind.
    """
    if kind == "leads":
        return _leads(box, query)
    if kind == "activities":
        return _activities(box, query)
    if kind == "fields":
        return [_field(field) for field in box.fields.all().values()]
    if kind in KINDS:
        rows = box.database.rows("SELECT * FROM object WHERE kind = ? ORDER BY id", (kind,))
        return [{"id": row["id"], **json.loads(row["data"])} for row in rows]
    if kind == "flow_calls":
        return [_flow_call(row) for row in box.database.rows("SELECT * FROM flow_call")]
    if kind in ("lists", "members", "partitions", "campaigns"):
        return [dict(row) for row in box.database.rows(f"SELECT * FROM {kind[:-1]} ORDER BY 1")]
    raise ControlError(f"There are no {kind!r} in Marketo; try leads, activities, fields, lists.")


def _leads(box: Instance, query: Mapping[str, str]) -> list[Json]:
    fields = box.fields.all()
    names = query["fields"].split(",") if query.get("fields") else list(fields)
    people: list[Person] = (
        list(box.people.by_ids(int(part) for part in query["id"].split(",")).values())
        if query.get("id")
        else box.people.select("1", ())
    )
    return [person.shown(names, fields) for person in people]


def _field(field: Any) -> Json:
    return {"id": field.id, "name": field.name, "dataType": field.data_type, "custom": field.custom}


def _flow_call(row: Any) -> Json:
    answer = json.loads(row["answer"]) if row["answer"] else None
    secrets = ("key", "service")
    shown = {name: value for name, value in dict(row).items() if name not in secrets}
    return {**shown, "persons": json.loads(row["persons"]), "answer": answer}


def _activities(box: Instance, query: Mapping[str, str]) -> list[Json]:
    clauses, parameters = ["1"], []
    for name, column in (("leadId", "person_id"), ("typeId", "type_id")):
        if name in query:
            clauses.append(f"{column} = ?")
            parameters.append(int(query[name]))
    sql = f"SELECT * FROM activity WHERE {' AND '.join(clauses)} ORDER BY seq"
    return [
        {
            "marketoGUID": str(row["seq"]),
            "leadId": row["person_id"],
            "activityTypeId": row["type_id"],
            "activityDate": row["at"],
            "visibleAt": row["visible"],
            "field": row["field"],
            "oldValue": row["old"],
            "newValue": row["new"],
            "primaryAttributeValue": row["primary_value"],
            "attributes": json.loads(row["attributes"]),
        }
        for row in box.database.rows(sql, parameters)
    ]
