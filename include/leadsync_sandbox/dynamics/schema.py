"""Tables, columns and keys as the server knows them (reference/dataverse-webapi.md 3.1, 19)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

LOOKUP_TYPES = frozenset({"Lookup", "Customer", "Owner"})
NUMBER_TYPES = frozenset({"Integer", "BigInt", "Double", "Decimal", "Money"})
CHOICE_TYPES = frozenset({"Picklist", "State", "Status", "MultiSelectPicklist"})
TEXT_TYPES = frozenset({"String", "Memo"})
#: stamped by the platform whatever the metadata's flags say (section 19, facts).
STAMPED = frozenset({"createdon", "modifiedon", "createdby", "modifiedby", "versionnumber"})

_EDM = {
    "String": "Edm.String",
    "Memo": "Edm.String",
    "MultiSelectPicklist": "Edm.String",
    "EntityName": "Edm.String",
    "Picklist": "Edm.Int32",
    "State": "Edm.Int32",
    "Status": "Edm.Int32",
    "Integer": "Edm.Int32",
    "BigInt": "Edm.Int64",
    "Boolean": "Edm.Boolean",
    "Double": "Edm.Double",
    "Decimal": "Edm.Decimal",
    "Money": "Edm.Decimal",
    "Uniqueidentifier": "Edm.Guid",
    "Lookup": "Edm.Guid",
    "Customer": "Edm.Guid",
    "Owner": "Edm.Guid",
}


@dataclass(frozen=True, slots=True)
class Option:
    """A value of a choice column; ``state`` is set for status reasons."""

    value: int
    label: str
    state: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column; lengths in UTF-16 code units, ``navigation`` maps bind names to target tables."""

    name: str
    schema_name: str
    display_name: str
    type: str
    required: str = "None"
    create: bool = True
    read: bool = True
    update: bool = True
    length: int | None = None
    format: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    precision: int | None = None
    precision_source: int | None = None
    behavior: str | None = None
    default: bool | int | None = None
    options: tuple[Option, ...] = ()
    targets: tuple[str, ...] = ()
    navigation: Mapping[str, str] = field(default_factory=dict)
    custom: bool = False
    secured: bool = False
    metadata_id: str = ""

    @property
    def is_lookup(self) -> bool:
        return self.type in LOOKUP_TYPES

    @property
    def is_polymorphic(self) -> bool:
        return self.is_lookup and len(self.targets) > 1

    @property
    def property_name(self) -> str:
        """Name of the OData property that carries the value."""
        return f"_{self.name}_value" if self.is_lookup else self.name

    @property
    def edm(self) -> str:
        """Edm type of the property (section 3.1)."""
        if self.type == "DateTime":
            return "Edm.Date" if self.behavior == "DateOnly" else "Edm.DateTimeOffset"
        return _EDM[self.type]

    @property
    def type_storage(self) -> str:
        """Database column that holds which table a polymorphic lookup points to."""
        return f"{self.name}$type"

    @property
    def is_stamped(self) -> bool:
        """The platform writes the column itself."""
        return self.name in STAMPED

    def target_navigation(self, target: str) -> str:
        """Return the navigation property that leads to ``target``."""
        for name, table in self.navigation.items():
            if table in (target, "principal"):
                return name
        return self.name

    def label(self, value: int) -> str | None:
        """Return the label of a choice value, or ``None``."""
        return next((option.label for option in self.options if option.value == value), None)


@dataclass(frozen=True, slots=True)
class Key:
    """An alternate key."""

    name: str
    schema_name: str
    display_name: str
    columns: tuple[str, ...]
    metadata_id: str = ""
    status: str = "Active"


@dataclass(frozen=True)
class Table:
    """A table with its columns by logical name."""

    name: str
    schema_name: str
    entity_set: str
    primary_id: str
    primary_name: str | None
    object_type_code: int
    display_name: str
    change_tracking: bool
    columns: Mapping[str, Column]
    keys: tuple[Key, ...] = ()
    metadata_id: str = ""

    @cached_property
    def properties(self) -> dict[str, Column]:
        """Readable columns by OData property name."""
        return {c.property_name: c for c in self.columns.values() if c.read}

    @cached_property
    def navigation(self) -> dict[str, Column]:
        """Lookup columns by navigation property name."""
        return {nav: c for c in self.columns.values() for nav in c.navigation}

    @cached_property
    def defaults(self) -> dict[str, bool | int]:
        """Values that a new row gets for columns that were not sent (section 5)."""
        wanted = ("Boolean", "Picklist", "Integer")
        return {
            c.name: c.default
            for c in self.columns.values()
            if c.default is not None and c.type in wanted
        }

    @cached_property
    def default_status(self) -> dict[int, int]:
        """Default status reason per state: the first of the state's reasons."""
        status = self.columns.get("statuscode")
        found: dict[int, int] = {}
        for option in status.options if status else ():
            if option.state is not None:
                found.setdefault(option.state, option.value)
        return found

    @cached_property
    def storage_names(self) -> frozenset[str]:
        """Names of the database columns."""
        polymorphic = {c.type_storage for c in self.columns.values() if c.is_polymorphic}
        return frozenset(self.columns) | polymorphic

    @cached_property
    def amounts(self) -> frozenset[str]:
        """Money columns that have their value in the base currency beside them."""
        return frozenset(
            name
            for name, column in self.columns.items()
            if column.type == "Money" and f"{name}_base" in self.columns
        )

    @property
    def has_owner(self) -> bool:
        return "ownerid" in self.columns and self.name not in ("systemuser", "team")

    @property
    def qualified_name(self) -> str:
        return f"Microsoft.Dynamics.CRM.{self.name}"

    def with_column(self, column: Column) -> Table:
        """Return the table with ``column`` added or replaced."""
        return replace(self, columns={**self.columns, column.name: column})

    def without_column(self, name: str) -> Table:
        """Return the table without the column ``name`` and the keys that use it."""
        columns = {k: v for k, v in self.columns.items() if k != name}
        keys = tuple(k for k in self.keys if name not in k.columns)
        return replace(self, columns=columns, keys=keys)


@dataclass(frozen=True)
class Schema:
    """All tables by logical name; ``version`` moves with every metadata change."""

    version: int
    tables: Mapping[str, Table]

    @cached_property
    def by_set(self) -> dict[str, Table]:
        """Tables by entity set name."""
        return {t.entity_set: t for t in self.tables.values()}
