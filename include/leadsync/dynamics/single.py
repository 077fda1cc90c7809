"""Writes of a single row: delete, upsert by alternate key, qualification of a lead."""

from __future__ import annotations

import re
from collections.abc import Mapping

import requests

from leadsync.dynamics import odata
from leadsync.dynamics.batch import PartAnswer
from leadsync.dynamics.channel import Channel
from leadsync.dynamics.errors import SYSTEM, to_error
from leadsync.dynamics.faults import read_fault
from leadsync.dynamics.headers import RETURN_ROW
from leadsync.dynamics.naming import Naming
from leadsync.dynamics.outcome import etag_of, refused
from leadsync.errors import RejectedError
from leadsync.model import Json, RowResult, RowWrite

_UNADDRESSABLE = re.compile(r"[/<>*%&:\\?+]")


class SingleWriter:
    """Writes one row per call."""

    def __init__(self, channel: Channel, naming: Naming) -> None:
        self._channel = channel
        self._naming = naming

    def delete(self, table: str, row_id: str, etag: str | None = None) -> RowResult:
        """Delete a row, only in the state of ``etag`` where one is given (section 6.4).

        Deleting a row that a lost attempt has deleted already is ``written``.
        """
        doubts: list[bool] = []
        response = self._channel.call(
            "DELETE",
            self._naming.of(table).row(row_id),
            headers={"If-Match": etag or "*"},
            on_doubt=lambda: doubts.append(True),
            check=False,
        )
        result = self._result(RowWrite("update", table, row_id, {}, etag), response)
        return RowResult("written") if doubts and result.status == "missing" else result

    def upsert(
        self, table: str, key: Mapping[str, int | str], body: Json
    ) -> tuple[str | None, RowResult]:
        """Create or update the row with an alternate key; return its id and the result (6.2).

        Key columns are left out of the body: the address carries them.

        :raises RejectedError: a key value holds a character that no address can carry.
        """
        name = self._naming.of(table)
        address = f"{name.entity_set}({','.join(map(_key_part, key, key.values()))})"
        response = self._channel.call(
            "PATCH",
            odata.resource(address, select=name.primary_id),
            json={column: value for column, value in body.items() if column not in key},
            headers={"Prefer": RETURN_ROW},
            check=False,
        )
        result = self._result(RowWrite("create", table, "", body), response)
        row_id = _answer(response).json().get(name.primary_id)
        return (str(row_id).lower() if row_id else None), result

    def qualify_lead(
        self,
        lead_id: str,
        *,
        account: bool,
        contact: bool,
        opportunity: bool = False,
        status: int = 3,
    ) -> list[Json]:
        """Qualify an open lead; return the rows it became, each with ``@odata.type`` (8.3).

        It is not repeated after a lost answer, since a second qualification would create again.

        :param status: status reason of the closed lead.
        :raises RejectedError: the lead is closed already, or gone.
        """
        address = f"{self._naming.of('lead').row(lead_id)}/Microsoft.Dynamics.CRM.QualifyLead"
        response = self._channel.call(
            "POST",
            address,
            json={
                "CreateAccount": account,
                "CreateContact": contact,
                "CreateOpportunity": opportunity,
                "Status": status,
            },
            repeatable=False,
            check=False,
        )
        if response.status_code >= 400:
            raise to_error(self._channel.fault(response), f"POST {address}", record=lead_id)
        return list(_answer(response).json().get("value") or [])

    def _result(self, write: RowWrite, response: requests.Response) -> RowResult:
        answer = _answer(response)
        if answer.status < 400:
            return RowResult("written", etag=etag_of(answer))
        now = self._channel.clock.now()
        return refused(write, read_fault(answer.status, answer.headers, answer.body, now))


def _answer(response: requests.Response) -> PartAnswer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return PartAnswer(response.status_code, headers, response.content)


def _key_part(column: str, value: int | str) -> str:
    if isinstance(value, int):
        return f"{column}={value}"
    if _UNADDRESSABLE.search(value):
        raise RejectedError(
            f"a value of key column {column} holds one of / < > * % & : \\ ? +",
            system=SYSTEM,
            call="PATCH by alternate key",
            record=column,
            remedy="Use a key whose values are free of these characters, such as a number.",
        )
    return f"{column}={odata.encoded(odata.literal(value))}"
