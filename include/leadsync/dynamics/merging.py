"""Merging two rows of one table (reference/dataverse-webapi.md 8.4)."""

from __future__ import annotations

import requests

from leadsync.dynamics.channel import Channel
from leadsync.dynamics.naming import Naming
from leadsync.dynamics.read import Reader
from leadsync.errors import NotSentError, ThrottledError, TransientApiError
from leadsync.model import Json, RecordError, RowResult

_TRIES = 3
_MASTER = "_masterid_value"


class RowMerger:
    """Merges rows with the unbound action ``Merge``."""

    def __init__(self, channel: Channel, naming: Naming, reader: Reader) -> None:
        self._channel = channel
        self._naming = naming
        self._reader = reader

    def merge(self, table: str, winner: str, loser: str) -> RowResult:
        """Close ``loser`` and let it point to ``winner``, whose own values stay as they are.

        A merge is not repeated blindly: after a lost answer or a refusal the loser is read, and one
        that points to ``winner`` was merged.

        :raises TransientApiError: the outcome stayed open after three tries.
        """
        for _ in range(_TRIES):
            try:
                response = self._send(table, winner, loser)
            except (ThrottledError, NotSentError):
                raise
            except TransientApiError as error:
                lost = error
                if self._is_merged(table, winner, loser):
                    return RowResult("written")
                continue
            if response.status_code < 400 or self._is_merged(table, winner, loser):
                return RowResult("written")
            return self._refused(response)
        raise lost

    def _send(self, table: str, winner: str, loser: str) -> requests.Response:
        body: Json = {
            "Target": self._reference(table, winner),
            "Subordinate": self._reference(table, loser),
            "UpdateContent": {"@odata.type": f"Microsoft.Dynamics.CRM.{table}"},
            "PerformParentingChecks": False,
        }
        return self._channel.call("POST", "Merge", json=body, repeatable=False, check=False)

    def _reference(self, table: str, row_id: str) -> Json:
        return {
            "@odata.type": f"Microsoft.Dynamics.CRM.{table}",
            self._naming.of(table).primary_id: row_id,
        }

    def _is_merged(self, table: str, winner: str, loser: str) -> bool:
        rows = self._reader.rows_by_id(self._naming.of(table), [loser], (_MASTER,))
        return any(str(row.get(_MASTER)).lower() == winner for row in rows)

    def _refused(self, response: requests.Response) -> RowResult:
        fault = self._channel.fault(response)
        error = RecordError(fault.code, fault.message)
        return RowResult("missing" if fault.status == 404 else "rejected", error=error)
