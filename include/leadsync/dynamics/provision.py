"""Creates leadsync's own columns and alternate key in Dynamics (semantics.md 1, 5).

Columns and keys made through the API are published at once; only their place on forms is left to
an administrator, as an instruction.
"""

from __future__ import annotations

from dataclasses import dataclass

from leadsync.dynamics.channel import Channel
from leadsync.dynamics.errors import SYSTEM
from leadsync.dynamics.metadata import MetadataReader, definition_of
from leadsync.dynamics.own_columns import column_payload, key_payload
from leadsync.dynamics.schema import is_active
from leadsync.errors import PermissionDeniedError, RejectedError
from leadsync.model import (
    DYNAMICS_MARKETO_ID,
    DYNAMICS_MARKETO_ID_KEY,
    DYNAMICS_SYNC_FLAG,
    DynamicsTable,
    Json,
)

KEY_WAIT_SECONDS = 10.0
KEY_WAIT_ROUNDS = 60
_OWN_TYPES = {DYNAMICS_MARKETO_ID: "Integer", DYNAMICS_SYNC_FLAG: "Boolean"}


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What was done on a table, and what an administrator still has to do.

    :param created: logical names of columns and keys made now.
    :param instructions: one sentence each, naming table and column.
    """

    created: tuple[str, ...] = ()
    instructions: tuple[str, ...] = ()


class Provisioner:
    """Brings a table to the shape that leadsync needs; running it again changes nothing."""

    def __init__(self, channel: Channel, metadata: MetadataReader) -> None:
        self._channel = channel
        self._metadata = metadata

    def provision(self, table: str, *, sync_flag: bool = False) -> Provisioned:
        """Create what ``table`` lacks: the Marketo id, its key and, if asked for, the filter.

        Waits up to ten minutes until the key's index is active. A missing privilege is no error
        but an instruction.

        :param sync_flag: whether to create ``new_synctomkto`` (Yes/No, default Yes).
        :raises RejectedError: a column of that name has another type, or the index failed.
        """
        state = self._metadata.table(table, columns=())
        wanted = [DYNAMICS_MARKETO_ID] + ([DYNAMICS_SYNC_FLAG] if sync_flag else [])
        for column in wanted:
            _check_type(state, column)
        missing = [column for column in wanted if column not in state.columns]
        key_there = any(
            key["LogicalName"] == DYNAMICS_MARKETO_ID_KEY for key in self._metadata.keys(table)
        )
        try:
            created = self._create(table, missing, with_key=not key_there)
        except PermissionDeniedError as denied:
            return Provisioned(instructions=_instructions(table, missing, not key_there, denied))
        if DYNAMICS_MARKETO_ID_KEY not in state.keys:
            self._await_key(table)
        on_form = DYNAMICS_SYNC_FLAG in created
        return Provisioned(tuple(created), _form_instruction(table) if on_form else ())

    def _create(self, table: str, columns: list[str], *, with_key: bool) -> list[str]:
        for column in columns:
            self._post(table, "Attributes", column_payload(column))
        if not with_key:
            return columns
        self._post(table, "Keys", key_payload())
        return [*columns, DYNAMICS_MARKETO_ID_KEY]

    def _post(self, table: str, collection: str, body: Json) -> None:
        address = f"{definition_of(table)}/{collection}"
        headers = {"Consistency": "Strong"}
        self._channel.call("POST", address, json=body, headers=headers, repeatable=False)

    def _await_key(self, table: str) -> None:
        for _ in range(KEY_WAIT_ROUNDS):
            state = self._key_state(table)
            if is_active(state):
                return
            if str(state["EntityKeyIndexStatus"]).lower() in ("failed", "3"):
                break
            self._channel.clock.sleep(KEY_WAIT_SECONDS)
        raise RejectedError(
            f"the index of key {DYNAMICS_MARKETO_ID_KEY} is {state['EntityKeyIndexStatus']}",
            system=SYSTEM,
            call=f"GET {definition_of(table)}/Keys",
            record=table,
            remedy=f"Remove double values of {DYNAMICS_MARKETO_ID} from the table {table}, "
            "reactivate the key in the maker portal and run this again.",
        )

    def _key_state(self, table: str) -> Json:
        """Return the key's metadata; a key not listed yet counts as pending."""
        listed = self._metadata.keys(table)
        ours = [key for key in listed if key["LogicalName"] == DYNAMICS_MARKETO_ID_KEY]
        return ours[0] if ours else {"EntityKeyIndexStatus": "Pending"}


def _check_type(state: DynamicsTable, column: str) -> None:
    existing = state.columns.get(column)
    if existing is None or existing.type == _OWN_TYPES[column]:
        return
    raise RejectedError(
        f"column {column} of table {state.name} has type {existing.type}, not {_OWN_TYPES[column]}",
        system=SYSTEM,
        call=f"POST {definition_of(state.name)}/Attributes",
        record=column,
        remedy=f"Delete or rename the column {column} in the maker portal and run this again.",
    )


def _instructions(
    table: str, columns: list[str], with_key: bool, denied: PermissionDeniedError
) -> tuple[str, ...]:
    described = {
        DYNAMICS_MARKETO_ID: "whole number, minimum 0",
        DYNAMICS_SYNC_FLAG: "Yes/No, default Yes",
    }
    steps = [
        f"Create the column {column} ({described[column]}) on the table {table} "
        "in the maker portal."
        for column in columns
    ]
    if with_key:
        steps.append(
            f"Create the alternate key {DYNAMICS_MARKETO_ID_KEY} on the column "
            f"{DYNAMICS_MARKETO_ID} of the table {table}."
        )
    steps.append(
        "Or give the application user the System Customizer role and run this again "
        f"({denied.code}: {denied.detail})."
    )
    return tuple(steps)


def _form_instruction(table: str) -> tuple[str, ...]:
    return (
        f"Put the column {DYNAMICS_SYNC_FLAG} on the forms of the table {table}, so that users "
        "can keep a record out of the sync.",
    )
