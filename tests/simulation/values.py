"""What values users enter, and when two of them are one value to the mapping of a run."""

from __future__ import annotations

from random import Random
from typing import Any

from leadsync.model import Json

#: columns by field, on the tables that have them.
COLUMNS = {
    "firstName": "firstname",
    "lastName": "lastname",
    "email": "emailaddress1",
    "title": "jobtitle",
    "phone": "telephone1",
    "city": "address1_city",
    "country": "address1_country",
    "leadSource": "leadsourcecode",
    "unsubscribed": "donotbulkemail",
    "dateOfBirth": "birthdate",
}
_FIELDS = {
    "lead": tuple(COLUMNS),
    "contact": tuple(name for name in COLUMNS if name != "leadSource"),
}
#: days around changes of the clock in many zones.
DATES = ("2025-03-30", "2025-10-26", "2024-02-29")
SOURCES = ("Web", "Partner")
LONGEST_FIRST_NAME = 50
TOO_LONG = "x" * 60
BAD_EMAIL = "foo@@bar"
UNKNOWN_SOURCE = "Webinar 2025"
EMAILS = ("a@x.com", "b@x.com", "c@x.com", "d@x.com", "e@x.com", "A@X.com")

Value = str | bool | None


def fields_of(table: str) -> tuple[str, ...]:
    """Return the fields that a table maps."""
    return _FIELDS[table]


def entered(random: Random, field: str, side: str, *, invalid: bool) -> Any:
    """Return what a user enters, in the form of the system ``side``."""
    if field == "unsubscribed":
        return random.random() < 0.5
    if field == "dateOfBirth":
        return random.choice((*DATES, None))
    if field == "leadSource":
        if side == "dynamics":
            return random.choice((1, 2, None))
        return random.choice((*SOURCES, None, UNKNOWN_SOURCE) if invalid else (*SOURCES, None))
    if field == "email":
        spoilt = invalid and side == "marketo" and random.random() < 0.3
        return BAD_EMAIL if spoilt else random.choice((*EMAILS, None))
    if field == "firstName" and side == "marketo" and invalid and random.random() < 0.3:
        return random.choice((TOO_LONG, "y" + TOO_LONG))
    if field == "lastName":
        return random.choice(("Ek", "Al", "Bo", None) if invalid else ("Ek", "Al", "Bo"))
    empty = "" if side == "marketo" else None
    return random.choice(("A", "B", "C", f"v{random.randrange(1000)}", empty))


def plain(field: str, raw: Any) -> Value:
    """Return a raw value of either system in one common form."""
    if field == "unsubscribed":
        return bool(raw)
    if field == "leadSource" and isinstance(raw, int):
        return SOURCES[raw - 1]
    return None if raw in (None, "") else str(raw)


def compared(mapping: Json, field: str, value: Value) -> Value:
    """Return the part of a value that the run's mapping compares (S057)."""
    if field != "firstName" or not isinstance(value, str):
        return value
    entry: Json = next((entry for entry in mapping["fields"] if entry["marketo"] == field), {})
    return value[:LONGEST_FIRST_NAME] if entry.get("on_invalid") == "truncate" else value


def invalid_fields(person: Json) -> set[str]:
    """Return the fields of a person that Dynamics cannot take."""
    found = set()
    if len(person.get("firstName") or "") > LONGEST_FIRST_NAME:
        found.add("firstName")
    if not person.get("lastName"):
        found.add("lastName")
    if person.get("email") == BAD_EMAIL:
        found.add("email")
    if person.get("leadSource") not in (*SOURCES, None, ""):
        found.add("leadSource")
    return found
