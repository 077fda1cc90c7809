"""Both systems' out-of-the-box schemas as far as the default mapping uses them.

Lengths, types and options are those of reference/data (marketo-lead-fields, dataverse-*.columns).
"""

from __future__ import annotations

from dataclasses import replace

from leadsync.model import (
    DYNAMICS_MARKETO_ID,
    DYNAMICS_SYNC_FLAG,
    MARKETO_OWN_FIELDS,
    DynamicsColumn,
    DynamicsTable,
    MarketoField,
    OptionValue,
    Schemas,
)
from support.fields import LEAD_SOURCES, column, marketo

_STRINGS = {
    "firstName": "First Name",
    "middleName": "Middle Name",
    "lastName": "Last Name",
    "salutation": "Salutation",
    "title": "Job Title",
    "city": "City",
    "state": "State",
    "country": "Country",
    "postalCode": "Postal Code",
    "leadSource": "Lead Source",
    "leadStatus": "Lead Status",
    "rating": "Lead Rating",
    "company": "Company Name",
    "billingCity": "Billing City",
    "billingState": "Billing State",
    "billingCountry": "Billing Country",
    "billingPostalCode": "Billing Postal Code",
    "mainPhone": "Main Phone",
    "industry": "Industry",
}
MARKETO: tuple[MarketoField, ...] = (
    *(marketo(name, display_name=label, length=255) for name, label in _STRINGS.items()),
    marketo("email", "email", display_name="Email Address", length=255),
    marketo("phone", "phone", display_name="Phone Number", length=255),
    marketo("mobilePhone", "phone", display_name="Mobile Phone Number", length=255),
    marketo("fax", "phone", display_name="Fax Number", length=255),
    marketo("address", "text", display_name="Address"),
    marketo("mktoPersonNotes", "text", display_name="Person Notes"),
    marketo("doNotCall", "boolean", display_name="Do Not Call"),
    marketo("unsubscribed", "boolean", display_name="Unsubscribed"),
    marketo("billingStreet", "text", display_name="Billing Address"),
    marketo("sicCode", display_name="SIC Code", length=40),
    marketo("website", "url", display_name="Website", length=255),
    marketo("numberOfEmployees", "integer", display_name="Num Employees"),
    marketo("mktoCompanyNotes", "text", display_name="Company Notes"),
    marketo("annualRevenue", "currency", display_name="Annual Revenue"),
    marketo("leadScore", "integer", display_name="Lead Score"),
    marketo("dateOfBirth", "date", display_name="Date of Birth"),
    marketo("createdAt", "datetime", display_name="Created At", read_only=True),
    *(marketo(name) for name in MARKETO_OWN_FIELDS),
)
_SHARED: tuple[DynamicsColumn, ...] = (
    column("salutation", max_length=100, format="Text"),
    column("firstname", display_name="First Name", max_length=50, required="Recommended"),
    column("middlename", display_name="Middle Name", max_length=50),
    column("lastname", display_name="Last Name", max_length=50, required="ApplicationRequired"),
    column("emailaddress1", display_name="Email", max_length=100, format="Email"),
    column("jobtitle", display_name="Job Title", max_length=100),
    column("telephone1", display_name="Business Phone", max_length=50, format="Phone"),
    column("mobilephone", display_name="Mobile Phone", max_length=50, format="Phone"),
    column("fax", max_length=50),
    column("websiteurl", max_length=200, format="Url"),
    column("address1_line1", max_length=250),
    column("address1_city", display_name="City", max_length=80),
    column("address1_stateorprovince", max_length=50),
    column("address1_country", max_length=80),
    column("address1_postalcode", max_length=20),
    column("description", "Memo", max_length=2000, format="TextArea"),
    column("donotphone", "Boolean"),
    column("donotbulkemail", "Boolean", display_name="Do not allow Bulk Emails"),
    column("ownerid", "Owner", targets=("systemuser", "team")),
    column("createdon", "DateTime", computed=True, date_behavior="UserLocal"),
    column(DYNAMICS_MARKETO_ID, "Integer"),
    column(DYNAMICS_SYNC_FLAG, "Boolean"),
)
_LEAD: tuple[DynamicsColumn, ...] = (
    column("leadsourcecode", "Picklist", display_name="Lead Source", options=LEAD_SOURCES),
    column(
        "leadqualitycode",
        "Picklist",
        options=(OptionValue(1, "Hot"), OptionValue(2, "Warm"), OptionValue(3, "Cold")),
    ),
    column(
        "statecode",
        "State",
        required="SystemRequired",
        options=(
            OptionValue(0, "Open"),
            OptionValue(1, "Qualified"),
            OptionValue(2, "Disqualified"),
        ),
    ),
    column("companyname", display_name="Company Name", max_length=100),
    column("revenue", "Money", precision=2, minimum=0, maximum=100_000_000_000_000),
    column("numberofemployees", "Integer", minimum=0, maximum=1_000_000),
    column("parentcontactid", "Lookup", targets=("contact",)),
    column("parentaccountid", "Lookup", targets=("account",)),
)
_CONTACT: tuple[DynamicsColumn, ...] = (
    column(
        "statecode",
        "State",
        required="SystemRequired",
        options=(OptionValue(0, "Active"), OptionValue(1, "Inactive")),
    ),
    column("parentcustomerid", "Customer", targets=("account", "contact")),
    column("birthdate", "DateTime", date_behavior="DateOnly"),
)
_ACCOUNT: tuple[DynamicsColumn, ...] = (
    column("name", max_length=160, required="ApplicationRequired"),
    column("industrycode", "Picklist", options=(OptionValue(1, "Accounting"),)),
    column("sic", max_length=20),
    column("telephone1", max_length=50, format="Phone"),
    column("websiteurl", max_length=200, format="Url"),
    column("address1_line1", max_length=250),
    column("address1_city", max_length=80),
    column("address1_stateorprovince", max_length=50),
    column("address1_country", max_length=80),
    column("address1_postalcode", max_length=20),
    column("numberofemployees", "Integer", minimum=0, maximum=1_000_000_000),
    column("revenue", "Money", precision=2, minimum=0, maximum=100_000_000_000_000),
    column("description", "Memo", max_length=2000, format="TextArea"),
)


def _table(name: str, columns: tuple[DynamicsColumn, ...]) -> DynamicsTable:
    return DynamicsTable(name, f"{name}s", f"{name}id", {column.name: column for column in columns})


SCHEMAS = Schemas(
    marketo={field.name: field for field in MARKETO},
    dynamics={
        "lead": _table("lead", _SHARED + _LEAD),
        "contact": _table("contact", _SHARED + _CONTACT),
        "account": _table("account", _ACCOUNT),
    },
)


def without_field(schemas: Schemas, name: str) -> Schemas:
    """The schemas after a Marketo field was hidden."""
    return replace(schemas, marketo={n: f for n, f in schemas.marketo.items() if n != name})


def with_column(schemas: Schemas, table: str, name: str, new: DynamicsColumn | None) -> Schemas:
    """The schemas after a column was changed, or dropped where ``new`` is ``None``."""
    columns = {n: c for n, c in schemas.dynamics[table].columns.items() if n != name}
    if new is not None:
        columns[name] = new
    changed = replace(schemas.dynamics[table], columns=columns)
    return replace(schemas, dynamics={**schemas.dynamics, table: changed})
