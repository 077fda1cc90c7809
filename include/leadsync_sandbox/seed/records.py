"""The people as each system stores them."""

from __future__ import annotations

from typing import Any

from leadsync_sandbox.seed.people import Company, Person
from leadsync_sandbox.seed.regions import LEAD_SOURCES

Json = dict[str, Any]


def marketo_person(person: Person) -> Json:
    """Return a person by REST names; absent values are left out."""
    city, state = person.city
    values: Json = {
        "salutation": person.salutation,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "email": person.email,
        "title": person.title,
        "phone": person.phone,
        "mobilePhone": person.mobile,
        "company": person.company.name,
        "address": person.street,
        "city": city,
        "state": state or None,
        "postalCode": person.postcode,
        "country": person.company.region.country,
        "leadSource": LEAD_SOURCES[person.source],
        "mktoPersonNotes": person.notes,
        "doNotCall": person.no_calls,
        "unsubscribed": person.no_bulk_mail,
        "createdAt": person.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return {name: value for name, value in values.items() if value is not None}


def _common(person: Person, owner: str) -> Json:
    city, state = person.city
    return {
        "salutation": person.salutation,
        "firstname": person.first_name,
        "lastname": person.last_name,
        "emailaddress1": person.email,
        "jobtitle": person.title,
        "telephone1": person.phone,
        "mobilephone": person.mobile,
        "address1_line1": person.street,
        "address1_city": city,
        "address1_stateorprovince": state or None,
        "address1_postalcode": person.postcode,
        "address1_country": person.company.region.country,
        "description": person.notes,
        "donotphone": person.no_calls,
        "donotbulkemail": person.no_bulk_mail,
        "ownerid@odata.bind": owner,
        "createdon": person.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def lead(person: Person, row_id: str, owner: str, topic: str) -> Json:
    """Return a lead in Web API form."""
    values = {
        "leadid": row_id,
        **_common(person, owner),
        "subject": topic,
        "companyname": person.company.name,
        "leadsourcecode": person.source,
        "revenue": person.company.revenue,
        "numberofemployees": person.company.employees,
    }
    return {name: value for name, value in values.items() if value is not None}


def contact(person: Person, row_id: str, owner: str) -> Json:
    """Return a contact of its company's account in Web API form."""
    link = f"/accounts({person.company.id})"
    values = {
        "contactid": row_id,
        **_common(person, owner),
        "parentcustomerid_account@odata.bind": link,
    }
    return {name: value for name, value in values.items() if value is not None}


def account(company: Company, owner: str) -> Json:
    """Return a company as an account in Web API form."""
    city, state = company.city
    values = {
        "accountid": company.id,
        "name": company.name,
        "telephone1": company.phone,
        "websiteurl": f"https://www.{company.domain}/",
        "address1_line1": company.street,
        "address1_city": city,
        "address1_stateorprovince": state or None,
        "address1_postalcode": company.postcode,
        "address1_country": company.region.country,
        "numberofemployees": company.employees,
        "revenue": company.revenue,
        "ownerid@odata.bind": owner,
    }
    return {name: value for name, value in values.items() if value is not None}
