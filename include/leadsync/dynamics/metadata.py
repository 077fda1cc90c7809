"""Fetches table metadata (reference/dataverse-webapi.md 19)."""

from __future__ import annotations

from collections.abc import Sequence

from leadsync.dynamics.batch import Operation, PartAnswer
from leadsync.dynamics.batches import CALL, send_batch
from leadsync.dynamics.channel import Channel
from leadsync.dynamics.errors import SYSTEM, to_error
from leadsync.dynamics.faults import MISSING_ROW, QUERY, read_fault
from leadsync.dynamics.naming import TableName
from leadsync.dynamics.schema import table_of
from leadsync.errors import SchemaChangedError, TransientApiError
from leadsync.http.retry import retrying
from leadsync.model import DynamicsTable, Json

_DEFINITION = (
    "$select=LogicalName,EntitySetName,PrimaryIdAttribute,ChangeTrackingEnabled,"
    "IsOptimisticConcurrencyEnabled"
)
_ATTRIBUTES = (
    "$select=LogicalName,SchemaName,AttributeType,AttributeTypeName,AttributeOf,RequiredLevel,"
    "IsValidForCreate,IsValidForRead,IsValidForUpdate,IsValidODataAttribute,SourceType,DisplayName"
)
_KEYS = "$select=SchemaName,LogicalName,KeyAttributes,EntityKeyIndexStatus"
_RANGE = "$select=LogicalName,MinValue,MaxValue"
_CHOICE = "$select=LogicalName&$expand=OptionSet($select=Options)"
_SHARED_CHOICE = f"{_CHOICE},GlobalOptionSet($select=Options)"
#: Typed parts: column type and what to ask of it. ``Lookup`` covers customer and owner columns.
_CASTS = {
    "String": "$select=LogicalName,MaxLength,FormatName",
    "Memo": "$select=LogicalName,MaxLength,Format",
    "Integer": f"{_RANGE},Format",
    "Decimal": f"{_RANGE},Precision",
    "Double": f"{_RANGE},Precision",
    "Money": f"{_RANGE},Precision",
    "DateTime": "$select=LogicalName,Format,DateTimeBehavior",
    "Lookup": "$select=LogicalName,Targets",
    "Picklist": _SHARED_CHOICE,
    "MultiSelectPicklist": _SHARED_CHOICE,
    "State": _CHOICE,
    "Status": _CHOICE,
}
_FRESH = {"Accept": "application/json", "Consistency": "Strong", "If-None-Match": "null"}


class MetadataReader:
    """Reads metadata past the server's own cache, which lags a change by up to 30 seconds."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def table(self, name: str, columns: Sequence[str] | None = None) -> DynamicsTable:
        """Return a table's metadata in **one** call: a batch of 15 reads.

        :param columns: columns that get typed detail; ``None``: all.
        :raises SchemaChangedError: the table does not exist.
        :raises PermissionDeniedError: its metadata may not be read.
        """
        root = definition_of(name)
        addresses = [
            f"{root}?{_DEFINITION}",
            f"{root}/Attributes?{_ATTRIBUTES}",
            f"{root}/Keys?{_KEYS}",
            *(f"{root}/Attributes/{cast_of(kind)}?{query}" for kind, query in _CASTS.items()),
        ]
        definition, attributes, keys, *typed = self._read(name, addresses)
        details: dict[str, Json] = {}
        for part in typed:
            details.update((item["LogicalName"], item) for item in part["value"])
        return table_of(definition, attributes["value"], keys["value"], details, columns)

    def name(self, table: str) -> TableName:
        """Return how a table is addressed; 1 call.

        :raises SchemaChangedError: the table does not exist.
        """
        (definition,) = self._read(table, [f"{definition_of(table)}?{_DEFINITION}"])
        return TableName(
            definition["LogicalName"], definition["EntitySetName"], definition["PrimaryIdAttribute"]
        )

    def navigation(self, table: str) -> dict[tuple[str, str], str]:
        """Return navigation properties for ``@odata.bind`` by (lookup column, target); 1 call.

        Their names are case-sensitive and differ from the column's where a lookup has several
        targets or is a custom one (section 7).
        """
        address = (
            f"{definition_of(table)}/ManyToOneRelationships?$select=ReferencingAttribute,"
            "ReferencedEntity,ReferencingEntityNavigationPropertyName"
        )
        (answer,) = self._read(table, [address])
        return {
            (one["ReferencingAttribute"], one["ReferencedEntity"]): one[
                "ReferencingEntityNavigationPropertyName"
            ]
            for one in answer["value"]
        }

    def keys(self, table: str) -> list[Json]:
        """Return a table's alternate keys with the state of their index; 1 call."""
        (answer,) = self._read(table, [f"{definition_of(table)}/Keys?{_KEYS}"])
        return list(answer["value"])

    def _read(self, table: str, addresses: Sequence[str]) -> list[Json]:
        return retrying(self._channel.clock)(self._read_once, table, addresses)

    def _read_once(self, table: str, addresses: Sequence[str]) -> list[Json]:
        operations = [Operation("GET", self._channel.root + one, _FRESH) for one in addresses]
        answer = send_batch(self._channel, operations)
        for part in answer.parts:
            self._raise_fault(table, part)
        if len(answer.parts) != len(operations):
            raise TransientApiError(
                f"{len(answer.parts)} of {len(operations)} answers arrived",
                system=SYSTEM,
                call=CALL,
            )
        return [part.json() for part in answer.parts]

    def _raise_fault(self, table: str, part: PartAnswer) -> None:
        if part.status < 400:
            return
        fault = read_fault(part.status, part.headers, part.body, self._channel.clock.now())
        if part.status == 404 and fault.code in (MISSING_ROW, QUERY, "404"):
            raise SchemaChangedError(
                f"there is no table {table}",
                system=SYSTEM,
                call=f"GET {definition_of(table)}",
                code=fault.code,
                record=table,
                remedy="Check the table's logical name; lead needs the Dynamics 365 Sales app.",
            )
        raise to_error(fault, f"GET {definition_of(table)}")


def definition_of(table: str) -> str:
    """Return the address of a table's metadata below the API root."""
    return f"EntityDefinitions(LogicalName='{table}')"


def cast_of(kind: str) -> str:
    """Return the type to cast an attribute to."""
    return f"Microsoft.Dynamics.CRM.{kind}AttributeMetadata"
