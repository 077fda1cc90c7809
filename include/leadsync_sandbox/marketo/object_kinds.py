"""Companies and sales persons: what each kind has (reference/marketo-rest.md 10)."""

from __future__ import annotations

from dataclasses import dataclass

from leadsync_sandbox.marketo.fields import COMPANY_FIELDS, Field, standard_fields


@dataclass(frozen=True, slots=True)
class ObjectKind:
    """One kind of object with its key, its searchable and its writable fields."""

    name: str
    display_name: str
    key: str
    searchable: tuple[str, ...]
    fields: dict[str, Field]


def _text(number: int, name: str, display_name: str, data_type: str = "string") -> Field:
    return Field(number, name, display_name, data_type, 255)


def _company_fields() -> dict[str, Field]:
    found = {field.name: field for field in standard_fields() if field.name in COMPANY_FIELDS}
    return {"externalCompanyId": _text(900, "externalCompanyId", "External Company Id"), **found}


_SALES = (
    ("externalSalesPersonId", "External Sales Person Id", "string"),
    ("email", "Email Address", "email"),
    ("firstName", "First Name", "string"),
    ("lastName", "Last Name", "string"),
    ("title", "Job Title", "string"),
    ("phone", "Phone Number", "phone"),
    ("mobilePhone", "Mobile Phone Number", "phone"),
    ("fax", "Fax Number", "phone"),
)
KINDS = {
    "companies": ObjectKind(
        "companies",
        "Company",
        "externalCompanyId",
        ("externalCompanyId", "id", "company"),
        _company_fields(),
    ),
    "salespersons": ObjectKind(
        "salespersons",
        "SalesPerson",
        "externalSalesPersonId",
        ("email", "id", "externalSalesPersonId"),
        {row[0]: _text(number, *row) for number, row in enumerate(_SALES, start=910)},
    ),
}
