"""Turns rows to write into operations of a batch; pure (reference/dataverse-webapi.md 5, 6)."""

from __future__ import annotations

from leadsync.dynamics.batch import Operation
from leadsync.dynamics.headers import RETURN_ROW, json_body
from leadsync.dynamics.naming import TableName
from leadsync.model import RowWrite

_TYPE = "application/json; type=entry"


def operation_of(write: RowWrite, name: TableName, root: str) -> Operation:
    """Return the operation that writes a row and answers with its new ETag.

    An update carries ``If-Match``, for without it PATCH would bring a deleted row back (quirk 1).
    The representation is cut down to the primary key, and the creation time of a new row; the ETag
    comes along in any case.

    :param root: path of the API, such as ``/api/data/v9.2/``.
    """
    headers = {"Content-Type": _TYPE, "Accept": "application/json", "Prefer": RETURN_ROW}
    only_id = f"?$select={name.primary_id}"
    if write.operation == "create":
        body = json_body({**write.body, name.primary_id: write.row_id})
        return Operation("POST", f"{root}{name.entity_set}{only_id},createdon", headers, body)
    return Operation(
        "PATCH",
        f"{root}{name.row(write.row_id)}{only_id}",
        {**headers, "If-Match": write.etag or "*"},
        json_body(write.body),
    )
