"""Writing, deleting and moving persons (reference/marketo-rest.md 7.3, 7.4, 7.6)."""

from __future__ import annotations

from leadsync_sandbox.marketo.activity_log import CHANGE_PARTITION, DELETE_LEAD, Entry
from leadsync_sandbox.marketo.envelope import Json, MarketoError, request_id
from leadsync_sandbox.marketo.instance import Instance, Origin
from leadsync_sandbox.marketo.people import Person
from leadsync_sandbox.marketo.request import Request, integer
from leadsync_sandbox.marketo.routes import Route
from leadsync_sandbox.marketo.writing import ACTIONS, PersonWriter, WriteMode

NOT_FOUND = {"code": "1004", "message": "Lead not found"}


def api_origin(request: Request, method: str) -> Origin:
    """Return the origin of a REST write, with the call's own activity lag."""
    return Origin(
        method=method,
        user=request.user,
        request=request_id(request.now),
        lag=request.call.activity_lag,
    )


def sync_leads(box: Instance, request: Request) -> Json:
    """``POST /rest/v1/leads.json``."""
    body = request.body()
    records = request.records(box.settings["batch_over_limit_code"])
    action = body.get("action") or "createOrUpdate"
    if action not in ACTIONS:
        raise MarketoError("1003", f"Invalid value for action '{action}'")
    lookup = body.get("lookupField") or "email"
    if lookup == "id" and action != "updateOnly":
        raise MarketoError("1003", f"Lookup field 'id' is not allowed with action '{action}'")
    partition = _partition(box, body.get("partitionName"), action)
    mode = WriteMode(action, str(lookup), partition)
    writer = PersonWriter(box, mode, api_origin(request, "syncLead"))
    return {"result": writer.write(records)}


def _partition(box: Instance, name: object, action: str) -> int | None:
    if name is None:
        return None
    if action not in ("createOnly", "createOrUpdate"):
        raise MarketoError("1003", f"partitionName is not allowed with action '{action}'")
    found = box.database.value("SELECT id FROM partition WHERE name = ?", (str(name),))
    if found is None:
        raise MarketoError("1008", f"Access denied to partition '{name}'")
    return int(found)


def delete_leads(box: Instance, request: Request) -> Json:
    """All four forms of 7.4: ``input`` of ids, or ids in the query."""
    ids = _ids(box, request)
    with box.database.transaction():
        found = box.people.by_ids(ids)
        results = [_deleted(number, found) for number in ids]
        remove_people(box, list(found.values()), api_origin(request, "deleteLead"))
    return {"result": results}


def _deleted(number: int, found: dict[int, Person]) -> Json:
    if number in found:
        return {"id": number, "status": "deleted"}
    return {"id": number, "status": "skipped", "reasons": [NOT_FOUND]}


def _ids(box: Instance, request: Request) -> list[int]:
    if request.content is None:
        ids = request.integers("id")
        if not ids:
            raise MarketoError("1002", "Missing value for the required parameter 'id'")
        return ids
    records = request.records(box.settings["batch_over_limit_code"])
    if any("id" not in record for record in records):
        raise MarketoError("1002", "Missing value for the required parameter 'id'")
    return [integer("id", record["id"]) for record in records]


def remove_people(box: Instance, people: list[Person], origin: Origin) -> None:
    """Delete persons and log type 37 for each."""
    if not people:
        return
    box.people.delete([person.id for person in people])
    box.record([deleted_entry(person) for person in people], origin)


def deleted_entry(person: Person) -> Entry:
    """Return the Delete Lead entry of a person."""
    names = (person.data.get("firstName"), person.data.get("lastName"))
    return Entry(person.id, DELETE_LEAD, person.id, " ".join(name for name in names if name))


def list_partitions(box: Instance, _request: Request) -> Json:
    """``GET /rest/v1/leads/partitions.json``."""
    rows = box.database.rows("SELECT id, name, description FROM partition ORDER BY id")
    return {"result": [dict(row) for row in rows]}


def move_partition(box: Instance, request: Request) -> Json:
    """``POST /rest/v1/leads/partitions.json``."""
    records = request.records(box.settings["batch_over_limit_code"])
    known = {row["name"]: row["id"] for row in box.database.rows("SELECT * FROM partition")}
    with box.database.transaction():
        ids = [integer("id", record.get("id")) for record in records]
        found = box.people.by_ids(ids)
        return {"result": [_moved(box, request, r, found, known) for r in records]}


def _moved(
    box: Instance, request: Request, record: Json, found: dict[int, Person], known: dict[str, int]
) -> Json:
    person = found.get(int(record["id"]))
    target = known.get(record.get("partitionName", ""))
    if person is None:
        return {"id": record["id"], "status": "skipped", "reasons": [NOT_FOUND]}
    if target is None:
        message = f"Access denied to partition '{record.get('partitionName')}'"
        reason = {"code": "1008", "message": message}
        return {"id": person.id, "status": "skipped", "reasons": [reason]}
    old = person.data.get("leadPartitionId", 1)
    if old != target:
        person.data["leadPartitionId"] = target
        box.people.update([person])
        attributes = {"New Partition ID": target, "Old Partition ID": old}
        entry = Entry(person.id, CHANGE_PARTITION, person.id, attributes=attributes)
        box.record([entry], api_origin(request, "updateLeadPartition"))
    return {"id": person.id, "status": "updated"}


_WRITE = "Read-Write Lead"
ROUTES = [
    Route("POST", "/rest/v1/leads.json", sync_leads, _WRITE, "json", writes=True),
    Route("DELETE", "/rest/v1/leads.json", delete_leads, _WRITE, "optional_json", writes=True),
    Route("POST", "/rest/v1/leads/delete.json", delete_leads, _WRITE, "optional_json", writes=True),
    Route("GET", "/rest/v1/leads/partitions.json", list_partitions, "Read-Only Lead"),
    Route("POST", "/rest/v1/leads/partitions.json", move_partition, _WRITE, "json", writes=True),
]
