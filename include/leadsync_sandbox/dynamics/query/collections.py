"""Collection-valued navigation properties: from a row to the rows that point to it."""

from __future__ import annotations

from leadsync_sandbox.dynamics.schema import Column, Schema, Table

_NAMES = {
    ("contact", "parentcustomerid", "account"): "contact_customer_accounts",
    ("contact", "parentcustomerid", "contact"): "contact_customer_contacts",
    ("lead", "customerid", "account"): "lead_customer_accounts",
    ("lead", "customerid", "contact"): "lead_customer_contacts",
    ("lead", "parentaccountid", "account"): "lead_parent_account",
    ("lead", "parentcontactid", "contact"): "lead_parent_contact",
}


def collection_name(child: Table, column: Column, target: str) -> str:
    """Return the collection navigation property of ``target`` that leads to ``child`` rows."""
    default = f"{child.name}_{column.name}_{target}"
    return _NAMES.get((child.name, column.name, target), default)


def find_collection(schema: Schema, table: Table, name: str) -> tuple[Table, Column] | None:
    """Return the child table and its lookup behind a collection of ``table``, or ``None``."""
    for child in schema.tables.values():
        for column in child.columns.values():
            if table.name in column.targets and collection_name(child, column, table.name) == name:
                return child, column
    return None
