"""Reads table metadata out of the service's JSON; pure (reference/dataverse-webapi.md 19)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from leadsync.model import DynamicsColumn, DynamicsTable, Json, OptionValue

ENGLISH = 1033

_NO_VALUE_TYPES = frozenset(
    {"Virtual", "ManagedProperty", "EntityName", "CalendarRules", "PartyList", "Image", "File"}
)
_STAMPED = frozenset({"createdon", "modifiedon", "createdby", "modifiedby"})
_CALCULATED = 1, 2


def table_of(
    definition: Json,
    attributes: Iterable[Json],
    keys: Iterable[Json],
    typed: Mapping[str, Json],
    wanted: Iterable[str] | None,
) -> DynamicsTable:
    """Return the table that the parts describe.

    :param attributes: common part of every column; shadow and valueless ones are left out.
    :param typed: typed part by logical name.
    :param wanted: columns that get typed detail; ``None``: all.
    """
    detailed = None if wanted is None else set(wanted)
    columns = (
        column_of(attribute, typed.get(attribute["LogicalName"], {}), detailed)
        for attribute in attributes
        if carries_value(attribute)
    )
    return DynamicsTable(
        name=definition["LogicalName"],
        entity_set=definition["EntitySetName"],
        primary_id=definition["PrimaryIdAttribute"],
        columns={column.name: column for column in columns},
        keys=tuple(key["LogicalName"] for key in keys if is_active(key)),
        change_tracking=bool(definition.get("ChangeTrackingEnabled", True)),
        optimistic_concurrency=bool(definition.get("IsOptimisticConcurrencyEnabled", True)),
    )


def carries_value(attribute: Json) -> bool:
    """Return whether a column is a readable property of its own, no shadow of another one."""
    return (
        attribute.get("AttributeOf") is None
        and attribute.get("IsValidForRead") is not False
        and attribute.get("IsValidODataAttribute") is not False
        and type_of(attribute) not in _NO_VALUE_TYPES
    )


def type_of(attribute: Json) -> str:
    """Return the column's type; ``AttributeTypeName`` decides, for multi-select is ``Virtual``."""
    name = _value(attribute.get("AttributeTypeName"))
    if isinstance(name, str) and name:
        return name.removesuffix("Type")
    return str(attribute.get("AttributeType") or "Virtual")


def column_of(attribute: Json, typed: Json, detailed: set[str] | None) -> DynamicsColumn:
    """Return the column that the common part and the typed part describe."""
    name = attribute["LogicalName"]
    detail = typed if detailed is None or name in detailed else {}
    return DynamicsColumn(
        name=name,
        display_name=label_of(attribute.get("DisplayName")) or name,
        type=type_of(attribute),
        required=_value(attribute.get("RequiredLevel")) or "None",
        for_create=attribute.get("IsValidForCreate") is not False,
        for_update=attribute.get("IsValidForUpdate") is not False,
        for_read=True,
        computed=attribute.get("SourceType") in _CALCULATED or name in _STAMPED,
        max_length=detail.get("MaxLength"),
        format=_value(detail.get("FormatName")) or detail.get("Format"),
        minimum=detail.get("MinValue"),
        maximum=detail.get("MaxValue"),
        precision=detail.get("Precision"),
        date_behavior=_value(detail.get("DateTimeBehavior")),
        options=options_of(detail),
        targets=tuple(detail.get("Targets") or ()),
        secured=bool(attribute.get("IsSecured")),
    )


def options_of(typed: Json) -> tuple[OptionValue, ...]:
    """Return the options of a choice column, local or global."""
    option_set = typed.get("OptionSet") or typed.get("GlobalOptionSet") or {}
    return tuple(
        OptionValue(option["Value"], label_of(option.get("Label")) or "", option.get("State"))
        for option in option_set.get("Options") or ()
    )


def label_of(label: Any) -> str | None:
    """Return a label in the caller's language, else in English, else in any."""
    if not isinstance(label, dict):
        return None
    own = (label.get("UserLocalizedLabel") or {}).get("Label")
    if own:
        return str(own)
    localized = [item for item in label.get("LocalizedLabels") or () if item.get("Label")]
    localized.sort(key=lambda item: item.get("LanguageCode") != ENGLISH)
    return str(localized[0]["Label"]) if localized else None


def is_active(key: Json) -> bool:
    """Return whether an alternate key's index is ready (section 6.2)."""
    return str(key.get("EntityKeyIndexStatus") or "Active").lower() in ("active", "2")


def _value(wrapped: Any) -> Any:
    return wrapped.get("Value") if isinstance(wrapped, dict) else None
