"""Person fields: 91 standard ones, and those created (reference/marketo-rest.md 7.1)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any

from leadsync_sandbox.common.database import Database

COMPANY_FIELDS = frozenset(
    [
        "company",
        "site",
        "billingStreet",
        "billingCity",
        "billingState",
        "billingCountry",
        "billingPostalCode",
        "website",
        "mainPhone",
        "annualRevenue",
        "numberOfEmployees",
        "industry",
        "sicCode",
        "mktoCompanyNotes",
    ]
)
SEARCHABLE_STANDARD = [
    "cookies",
    "email",
    "facebookId",
    "id",
    "leadPartitionId",
    "linkedInId",
    "sfdcAccountId",
    "sfdcContactId",
    "sfdcLeadId",
    "sfdcLeadOwnerId",
    "sfdcOpptyId",
    "twitterId",
]
SEARCHABLE_TYPES = ("string", "email", "integer")
CREATABLE_TYPES = [
    "boolean",
    "currency",
    "date",
    "datetime",
    "email",
    "float",
    "integer",
    "percent",
    "phone",
    "score",
    "string",
    "url",
]
FIRST_CUSTOM_ID = 1000
MOST_API_FIELDS = 100
#: describe shows a score as integer, but its changes are logged as Change Score (22).
STANDARD_SCORES = ("leadScore",)


@dataclass(frozen=True, slots=True)
class Field:
    """A person field.

    :param data_type: as stored; ``score`` is told from ``integer`` here.
    :param searchable: may be a filterType and lookupField.
    """

    id: int
    name: str
    display_name: str
    data_type: str
    length: int | None = None
    read_only: bool = False
    custom: bool = False
    api_created: bool = False
    hidden: bool = False
    sensitive: bool = False
    html_encoded: bool = True
    description: str = ""

    @property
    def searchable(self) -> bool:
        if self.custom:
            return self.data_type in SEARCHABLE_TYPES
        return self.name in SEARCHABLE_STANDARD


@cache
def standard_fields() -> tuple[Field, ...]:
    """Return the standard fields, with ids as a subscription would number them."""
    text = resources.files(__package__).joinpath("standard_fields.json").read_text("utf-8")
    return tuple(
        Field(
            number,
            name,
            display_name,
            "score" if name in STANDARD_SCORES else data_type,
            length,
            read_only,
        )
        for number, (name, display_name, data_type, length, read_only) in enumerate(
            json.loads(text), start=1
        )
    )


class FieldCatalog:
    """All fields of the instance; custom ones are kept in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, Field]:
        """Return every field by REST name."""
        custom = self._database.rows("SELECT spec FROM custom_field ORDER BY id")
        fields = [*standard_fields(), *(Field(**json.loads(row["spec"])) for row in custom)]
        return {field.name: field for field in fields}

    def add(self, name: str, display_name: str, data_type: str, **more: Any) -> Field:
        """Create a custom field; searchable ones get an index."""
        with self._database.transaction():
            number = self._database.value(
                "SELECT coalesce(max(id) + 1, ?) FROM custom_field", (FIRST_CUSTOM_ID,)
            )
            length = more.pop("length", 255 if data_type in TEXT_TYPES else None)
            field = Field(number, name, display_name, data_type, length, custom=True, **more)
            self._database.run(
                "INSERT INTO custom_field VALUES (?, ?, ?)",
                (number, name, json.dumps(asdict(field))),
            )
            if field.searchable:
                self._database.run(
                    f'CREATE INDEX "person_field_{name}" ON person '
                    f"(json_extract(data, '$.{name}') COLLATE NOCASE)"
                )
        return field

    def replace(self, field: Field) -> None:
        """Store a changed custom field."""
        self._database.run(
            "UPDATE custom_field SET spec = ? WHERE name = ?",
            (json.dumps(asdict(field)), field.name),
        )


TEXT_TYPES = ("string", "email", "phone", "url")
