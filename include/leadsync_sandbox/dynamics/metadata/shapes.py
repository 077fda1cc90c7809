"""Metadata as the service writes it in JSON (section 19, shapes)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from leadsync_sandbox.dynamics.catalogue import stable_id
from leadsync_sandbox.dynamics.schema import Column, Key, Option, Table

Json = dict[str, Any]
CRM = "Microsoft.Dynamics.CRM"
_CASTS = {"Customer": "Lookup", "Owner": "Lookup", "Uniqueidentifier": "UniqueIdentifier"}
_OPTION_TYPES = ("Picklist", "State", "Status", "MultiSelectPicklist")


def attribute_type(column: Column) -> str:
    """Return the metadata type of a column, such as ``StringAttributeMetadata``."""
    return f"{_CASTS.get(column.type, column.type)}AttributeMetadata"


def label(text: str | None) -> Json:
    """Return a localised label with one language."""
    if text is None:
        return {"LocalizedLabels": [], "UserLocalizedLabel": None}
    one = {
        "Label": text,
        "LanguageCode": 1033,
        "IsManaged": True,
        "MetadataId": stable_id("label", text),
        "HasChanged": None,
    }
    return {"LocalizedLabels": [one], "UserLocalizedLabel": one}


def managed(value: Any, name: str) -> Json:
    """Return a managed property."""
    return {"Value": value, "CanBeChanged": True, "ManagedPropertyLogicalName": name}


def table_json(table: Table) -> Json:
    """Return a table's own metadata, without its columns."""
    return {
        "MetadataId": table.metadata_id,
        "LogicalName": table.name,
        "SchemaName": table.schema_name,
        "EntitySetName": table.entity_set,
        "LogicalCollectionName": table.entity_set,
        "PrimaryIdAttribute": table.primary_id,
        "PrimaryNameAttribute": table.primary_name,
        "ObjectTypeCode": table.object_type_code,
        "OwnershipType": "UserOwned" if table.has_owner else "BusinessOwned",
        "ChangeTrackingEnabled": table.change_tracking,
        "IsOptimisticConcurrencyEnabled": True,
        "EnforceStateTransitions": False,
        "IsCustomEntity": False,
        "IsPrivate": False,
        "IsActivity": False,
        "HasChanged": None,
        "IsDuplicateDetectionEnabled": managed(True, "canmodifyduplicatedetectionsettings"),
        "IsAuditEnabled": managed(False, "canmodifyauditsettings"),
        "DisplayName": label(table.display_name),
        "DisplayCollectionName": label(f"{table.display_name}s"),
        "Description": label(None),
    }


def attributes_json(table: Table) -> Iterator[Json]:
    """Return the metadata of all columns, shadow columns included (section 19, facts)."""
    for number, column in enumerate(table.columns.values(), start=1):
        yield column_json(table, column, number)
        for shadow, type_ in _shadows(column):
            if shadow not in table.columns:
                yield _shadow_json(table, column, shadow, type_)


def column_json(table: Table, column: Column, number: int = 1) -> Json:
    """Return the whole metadata of one column."""
    return {
        "@odata.type": f"#{CRM}.{attribute_type(column)}",
        **_common(table, column.name, column.schema_name, column.type, number),
        "IsValidForCreate": column.create,
        "IsValidForRead": column.read,
        "IsValidForUpdate": column.update,
        "IsCustomAttribute": column.custom,
        "IsSecured": column.secured,
        "RequiredLevel": {
            **managed(column.required, "canmodifyrequirementlevelsettings"),
            "CanBeChanged": column.required != "SystemRequired",
        },
        "DisplayName": label(column.display_name),
        "MetadataId": column.metadata_id,
        **_typed(column),
    }


def _common(table: Table, name: str, schema_name: str, type_: str, number: int) -> Json:
    return {
        "LogicalName": name,
        "SchemaName": schema_name,
        "EntityLogicalName": table.name,
        "AttributeType": "Virtual" if type_ == "MultiSelectPicklist" else type_,
        "AttributeTypeName": {"Value": f"{type_}Type"},
        "AttributeOf": None,
        "ColumnNumber": number,
        "IsPrimaryId": name == table.primary_id,
        "IsPrimaryName": name == table.primary_name,
        "IsLogical": False,
        "IsValidODataAttribute": True,
        "SourceType": 0,
        "Description": label(None),
        "HasChanged": None,
    }


def _typed(column: Column) -> Json:
    bounds = {"MinValue": column.minimum, "MaxValue": column.maximum}
    if column.type in ("String", "Memo"):
        named = {"Value": column.format or "Text"}
        return {
            "MaxLength": column.length,
            "Format": column.format or "Text",
            "FormatName": named,
            "ImeMode": "Auto",
        }
    if column.type == "Integer":
        return {**bounds, "Format": "None"}
    if column.type in ("BigInt", "Decimal", "Double"):
        return {**bounds, "Precision": column.precision}
    if column.type == "Money":
        return {
            **bounds,
            "Precision": column.precision,
            "PrecisionSource": column.precision_source,
            "IsBaseCurrency": column.name.endswith("_base"),
            "CalculationOf": column.name[:-5] if column.name.endswith("_base") else None,
        }
    if column.type == "DateTime":
        return {
            "Format": column.format or "DateAndTime",
            "DateTimeBehavior": {"Value": column.behavior},
        }
    if column.is_lookup:
        return {"Targets": list(column.targets), "Format": "None"}
    if column.type == "Boolean":
        return {"DefaultValue": bool(column.default)}
    if column.type in _OPTION_TYPES:
        return {"DefaultFormValue": -1 if column.default is None else column.default}
    return {}


def _shadows(column: Column) -> list[tuple[str, str]]:
    if column.is_lookup:
        found = [(f"{column.name}name", "String"), (f"{column.name}yominame", "String")]
        if column.is_polymorphic:
            found.append((f"{column.name}type", "EntityName"))
        return found
    if column.type in _OPTION_TYPES or column.type == "Boolean":
        return [(f"{column.name}name", "Virtual")]
    return []


def _shadow_json(table: Table, column: Column, name: str, type_: str) -> Json:
    cast = "AttributeMetadata" if type_ == "Virtual" else f"{type_}AttributeMetadata"
    typed = {"MaxLength": 100, "Format": "Text", "FormatName": {"Value": "Text"}}
    return {
        "@odata.type": f"#{CRM}.{cast}",
        **_common(table, name, f"{column.schema_name}Name", type_, 0),
        "AttributeOf": column.name,
        "IsLogical": True,
        "IsValidODataAttribute": False,
        "IsValidForCreate": False,
        "IsValidForRead": True,
        "IsValidForUpdate": False,
        "IsCustomAttribute": column.custom,
        "IsSecured": False,
        "RequiredLevel": managed("None", "canmodifyrequirementlevelsettings"),
        "DisplayName": label(None),
        "MetadataId": stable_id("column", table.name, name),
        **(typed if type_ == "String" else {}),
    }


def option_set_json(table: Table, column: Column) -> Json:
    """Return the option set of a choice or boolean column."""
    head = {
        "Name": f"{table.name}_{column.name}",
        "IsGlobal": False,
        "IsCustomOptionSet": column.custom,
        "OptionSetType": "Picklist" if column.type == "MultiSelectPicklist" else column.type,
        "DisplayName": label(column.display_name),
        "MetadataId": stable_id("options", table.name, column.name),
    }
    if column.type == "Boolean":
        named = {option.value: option.label for option in column.options}
        truth = _option_json(column, Option(1, named.get(1, "Yes")))
        return {
            **head,
            "TrueOption": truth,
            "FalseOption": _option_json(column, Option(0, named.get(0, "No"))),
        }
    return {**head, "Options": [_option_json(column, option) for option in column.options]}


def _option_json(column: Column, option: Option) -> Json:
    content: Json = {
        "Value": option.value,
        "Label": label(option.label),
        "Description": label(None),
        "Color": None,
        "IsManaged": True,
        "IsHidden": False,
        "ExternalValue": None,
        "MetadataId": None,
        "HasChanged": None,
    }
    if column.type == "Status":
        content = {
            "@odata.type": f"#{CRM}.StatusOptionMetadata",
            "State": option.state,
            "TransitionData": None,
            **content,
        }
    return content


def state_option_set_json(table: Table, column: Column) -> Json:
    """Return the option set of ``statecode``, which knows each state's default reason."""
    content = option_set_json(table, column)
    for option in content["Options"]:
        option["@odata.type"] = f"#{CRM}.StateOptionMetadata"
        option["DefaultStatus"] = table.default_status.get(option["Value"])
        option["InvariantName"] = option["Label"]["UserLocalizedLabel"]["Label"]
    return content


def key_json(table: Table, key: Key) -> Json:
    """Return an alternate key's metadata."""
    return {
        "MetadataId": key.metadata_id,
        "LogicalName": key.name,
        "SchemaName": key.schema_name,
        "EntityLogicalName": table.name,
        "KeyAttributes": list(key.columns),
        "EntityKeyIndexStatus": key.status,
        "DisplayName": label(key.display_name),
        "IsCustomizable": managed(True, "iscustomizable"),
        "HasChanged": None,
    }


def relationships_json(table: Table) -> Iterator[Json]:
    """Return the N:1 relationships of a table: one per lookup and target."""
    for column in table.columns.values():
        if not column.is_lookup:
            continue
        for target in column.targets:
            name = f"{table.name}_{column.name}_{target}"
            yield {
                "MetadataId": stable_id("relationship", name),
                "SchemaName": name,
                "RelationshipType": "OneToManyRelationship",
                "ReferencingEntity": table.name,
                "ReferencingAttribute": column.name,
                "ReferencingEntityNavigationPropertyName": column.target_navigation(target),
                "ReferencedEntity": target,
                "ReferencedAttribute": f"{target}id",
                "ReferencedEntityNavigationPropertyName": name,
                "IsCustomRelationship": column.custom,
                "HasChanged": None,
            }
