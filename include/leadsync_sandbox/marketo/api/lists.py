"""Static lists and their members (reference/marketo-rest.md 11)."""

from __future__ import annotations

import json
from typing import Any

from leadsync_sandbox.common.clock import format_moment
from leadsync_sandbox.common.database import placeholders
from leadsync_sandbox.marketo.activity_log import ADD_TO_LIST, REMOVE_FROM_LIST, Entry
from leadsync_sandbox.marketo.api.lead_read import after_token, asked_fields, page
from leadsync_sandbox.marketo.api.lead_write import api_origin
from leadsync_sandbox.marketo.envelope import Json, MarketoError
from leadsync_sandbox.marketo.instance import Instance
from leadsync_sandbox.marketo.people import Person
from leadsync_sandbox.marketo.request import Request, integer
from leadsync_sandbox.marketo.routes import Route

FIRST_LIST_ID = 1001
MOST_IDS = 300


def create_list(box: Instance, name: str, description: str = "") -> int:
    """Store a list and return its id.

    :raises MarketoError: 709 when the name is taken.
    """
    if box.database.row("SELECT 1 FROM list WHERE name = ?", (name,)):
        raise MarketoError("709", f"Static List name '{name}' already exists")
    number = box.keep.take_numbers("list", 1, FIRST_LIST_ID)
    now = format_moment(box.clock.now())
    box.database.run(
        "INSERT INTO list VALUES (?, ?, ?, ?, ?)", (number, name, description, now, now)
    )
    return number


def post_asset_list(box: Instance, request: Request) -> Json:
    """``POST /rest/asset/v1/staticLists.json``, form-encoded."""
    json.loads(request.required("folder"))
    name = request.required("name")
    number = create_list(box, name, request.get("description") or "")
    item = {"id": number, "name": name, "workspace": "Default", "computedUrl": ""}
    return {"errors": [], "warnings": [], "result": [item]}


def get_lists(box: Instance, request: Request) -> Json:
    """``GET /rest/v1/lists.json`` by id and name."""
    ids, names = request.integers("id"), request.listed("name")
    rows = box.database.rows("SELECT * FROM list ORDER BY id")
    chosen = [
        row for row in rows if (not ids or row["id"] in ids) and (not names or row["name"] in names)
    ]
    return {"result": [_shown(dict(row)) for row in chosen]}


def get_list(box: Instance, request: Request) -> Json:
    """``GET /rest/v1/lists/{id}.json``."""
    return {"result": [_shown(_existing(box, request))]}


def _shown(row: dict[str, Any]) -> Json:
    described = {"description": row["description"]} if row["description"] else {}
    return {
        "id": row["id"],
        "name": row["name"],
        **described,
        "workspaceName": "Default",
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
    }


def _existing(box: Instance, request: Request) -> dict[str, Any]:
    number = integer("listId", request.path["id"])
    row = box.database.row("SELECT * FROM list WHERE id = ?", (number,))
    if row is None:
        raise MarketoError("1013", "List not found")
    return dict(row)


def get_members(box: Instance, request: Request) -> Json:
    """``GET /rest/v1/lists/{id}/leads.json``, paged by token."""
    number = _existing(box, request)["id"]
    fields = box.fields.all()
    names = asked_fields(request, fields)
    most = request.batch_size()
    people = box.people.select(
        "id IN (SELECT person_id FROM member WHERE list_id = ? AND person_id > ? "
        "ORDER BY person_id LIMIT ?)",
        (number, after_token(box, request), most + 1),
    )
    return page(people, most, names, fields)


def _asked_ids(request: Request) -> list[int]:
    ids = request.integers("id")
    if isinstance(request.content, dict):
        ids += [integer("id", item.get("id")) for item in request.content.get("input", [])]
    if not ids:
        raise MarketoError("1002", "Missing value for the required parameter 'id'")
    if len(ids) > MOST_IDS:
        raise MarketoError("1003", f"More than {MOST_IDS} ids")
    return ids


def _current(box: Instance, number: int, ids: list[int]) -> set[int]:
    sql = f"SELECT person_id FROM member WHERE list_id = ? AND person_id IN ({placeholders(ids)})"
    return {row[0] for row in box.database.rows(sql, [number, *ids])}


def add_members(box: Instance, request: Request) -> Json:
    """``POST /rest/v1/lists/{id}/leads.json``: adding a member again is ``added`` too."""
    row = _existing(box, request)
    ids = _asked_ids(request)
    with box.database.transaction():
        people = box.people.by_ids(ids)
        added = join(box, row, people)
        box.record(
            [Entry(number, ADD_TO_LIST, row["id"], row["name"]) for number in added],
            api_origin(request, "addToList"),
        )
    return {"result": [_result(number, "added", _missing(number, people)) for number in ids]}


def join(box: Instance, row: dict[str, Any], people: dict[int, Person]) -> list[int]:
    """Make persons members of a list and return those that were none before."""
    new = [number for number in people if number not in _current(box, row["id"], list(people))]
    box.database.run_many("INSERT INTO member VALUES (?, ?)", [(row["id"], n) for n in new])
    return new


def remove_members(box: Instance, request: Request) -> Json:
    """``DELETE /rest/v1/lists/{id}/leads.json``: a non-member is skipped with its id, 1015."""
    row = _existing(box, request)
    ids = _asked_ids(request)
    with box.database.transaction():
        members = _current(box, row["id"], ids)
        box.database.run(
            f"DELETE FROM member WHERE list_id = ? AND person_id IN ({placeholders(ids)})",
            [row["id"], *ids],
        )
        box.record(
            [Entry(number, REMOVE_FROM_LIST, row["id"], row["name"]) for number in members],
            api_origin(request, "removeFromList"),
        )
    absent = {"code": "1015", "message": "Lead not in list"}
    return {"result": [_result(n, "removed", None if n in members else absent) for n in ids]}


def is_member(box: Instance, request: Request) -> Json:
    """``GET /rest/v1/lists/{id}/leads/ismember.json``."""
    number = _existing(box, request)["id"]
    ids = _asked_ids(request)
    people, members = box.people.by_ids(ids), _current(box, number, ids)
    return {
        "result": [
            _result(n, "memberof" if n in members else "notmemberof", _missing(n, people))
            for n in ids
        ]
    }


def _missing(number: int, people: dict[int, Person]) -> Json | None:
    return None if number in people else {"code": "1004", "message": "Lead not found"}


def _result(number: int, status: str, reason: Json | None) -> Json:
    if reason is None:
        return {"id": number, "status": status}
    return {"id": number, "status": "skipped", "reasons": [reason]}


_LEADS = "/rest/v1/lists/{id}/leads.json"
_WRITE = "Read-Write Lead"
ROUTES = [
    Route("GET", "/rest/v1/lists.json", get_lists, "Read-Only Asset"),
    Route("GET", "/rest/v1/lists/{id}.json", get_list, "Read-Only Asset"),
    Route("GET", _LEADS, get_members, "Read-Only Lead"),
    Route("GET", "/rest/v1/list/{id}/leads.json", get_members, "Read-Only Lead"),
    Route("POST", _LEADS, add_members, _WRITE, "optional_json", writes=True),
    Route("DELETE", _LEADS, remove_members, _WRITE, "optional_json", writes=True),
    Route("GET", "/rest/v1/lists/{id}/leads/ismember.json", is_member, "Read-Only Lead"),
    Route(
        "POST",
        "/rest/asset/v1/staticLists.json",
        post_asset_list,
        "Read-Write Asset",
        "form",
        writes=True,
    ),
]
