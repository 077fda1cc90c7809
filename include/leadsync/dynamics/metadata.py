"""Fetches table metadata (reference/dataverse-webapi.md 19)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from leadsync.dynamics.channel import Channel
from leadsync.dynamics.errors import SYSTEM, NotFoundError
from leadsync.dynamics.naming import TableName
from leadsync.dynamics.schema import carries_value, table_of, type_of
from leadsync.errors import SchemaChangedError
from leadsync.model import DynamicsTable, Json

_DEFINITION = (
    "$select=LogicalName,EntitySetName,PrimaryIdAttribute,ChangeTrackingEnabled,"
    "IsOptimisticConcurrencyEnabled"
)
_ATTRIBUTES = (
    "$select=LogicalName,SchemaName,AttributeType,AttributeTypeName,AttributeOf,RequiredLevel,"
    "IsValidForCreate,IsValidForRead,IsValidForUpdate,IsSecured,SourceType,DisplayName"
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
_LOOKUPS = frozenset({"Customer", "Owner"})
_FRESH = {"Consistency": "Strong"}


class MetadataReader:
    """Reads metadata past the server's own cache, which lags a change by up to 30 seconds."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def table(self, name: str, columns: Sequence[str] | None = None) -> DynamicsTable:
        """Return a table's metadata; 3 calls, and 1 for each kind of column asked for.

        At most 15 calls. Plain reads, because no source shows metadata in a ``$batch``.

        :param columns: columns that get typed detail; ``None``: all.
        :raises SchemaChangedError: the table does not exist.
        :raises PermissionDeniedError: its metadata may not be read.
        """
        root = definition_of(name)
        definition = self._definition(name)
        attributes = self._get(f"{root}/Attributes?{_ATTRIBUTES}")["value"]
        details: dict[str, Json] = {}
        for kind in _kinds(attributes, columns):
            typed = self._get(f"{root}/Attributes/{cast_of(kind)}?{_CASTS[kind]}")
            details.update((item["LogicalName"], item) for item in typed["value"])
        return table_of(definition, attributes, self.keys(name), details, columns)

    def name(self, table: str) -> TableName:
        """Return how a table is addressed; 1 call.

        :raises SchemaChangedError: the table does not exist.
        """
        definition = self._definition(table)
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
        answer = self._get(address)
        return {
            (one["ReferencingAttribute"], one["ReferencedEntity"]): one[
                "ReferencingEntityNavigationPropertyName"
            ]
            for one in answer["value"]
        }

    def keys(self, table: str) -> list[Json]:
        """Return a table's alternate keys with the state of their index; 1 call."""
        return list(self._get(f"{definition_of(table)}/Keys?{_KEYS}")["value"])

    def _definition(self, table: str) -> Json:
        address = f"{definition_of(table)}?{_DEFINITION}"
        try:
            return self._get(address)
        except NotFoundError as error:
            raise SchemaChangedError(
                f"there is no table {table}",
                system=SYSTEM,
                call=f"GET {definition_of(table)}",
                code=error.code,
                record=table,
                remedy="Check the table's logical name; lead needs the Dynamics 365 Sales app.",
            ) from error

    def _get(self, address: str) -> Json:
        return self._channel.get(address, _FRESH)


def _kinds(attributes: Iterable[Json], columns: Sequence[str] | None) -> list[str]:
    """Return the casts that the columns need, in a fixed order."""
    types = {
        type_of(attribute)
        for attribute in attributes
        if carries_value(attribute) and (columns is None or attribute["LogicalName"] in columns)
    }
    if types & _LOOKUPS:
        types.add("Lookup")
    return [kind for kind in _CASTS if kind in types]


def definition_of(table: str) -> str:
    """Return the address of a table's metadata below the API root."""
    return f"EntityDefinitions(LogicalName='{table}')"


def cast_of(kind: str) -> str:
    """Return the type to cast an attribute to."""
    return f"Microsoft.Dynamics.CRM.{kind}AttributeMetadata"
