"""People computed from their numbers: what each system shows of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]

TABLES = ("lead", "contact")
ACCOUNTS = 500
#: one in so many is in one system alone, and one in so many differs between both.
ALONE = 10
DIFFERENT = 20
_NOTES = "Met at the fair.\nCall back."
_MADE = "2026-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Crowd:
    """``size`` people, numbered from 0: most are in both systems, a tenth in each one alone.

    :param since: when Marketo's first person was made; the others follow within ``span``.
    """

    size: int
    since: datetime
    span: timedelta

    def persons(self, start: datetime, end: datetime) -> Iterator[int]:
        """Yield the people whose persons were made from ``start`` to ``end``."""
        first, last = (max(0, self._made_until(at)) for at in (start, end))
        return (n for n in range(first, min(last, self.size)) if has_person(n))

    def made(self, number: int) -> datetime:
        """Return when a person was made, to the whole second."""
        return (self.since + self.span * number / self.size).replace(microsecond=0)

    def page(self, table: str, start: int, size: int) -> tuple[list[int], int | None]:
        """Return the next ``size`` people with a row in ``table``, and where to go on."""
        found: list[int] = []
        for number in range(start, self.size):
            if has_row(number) and table_of(number) == table:
                if len(found) == size:
                    return found, number
                found.append(number)
        return found, None

    def _made_until(self, moment: datetime) -> int:
        return -(-((moment - self.since) * self.size) // self.span)


def has_person(number: int) -> bool:
    """Tell whether Marketo knows somebody."""
    return number % ALONE != ALONE - 1


def has_row(number: int) -> bool:
    """Tell whether Dynamics knows somebody."""
    return number % ALONE != ALONE - 2


def table_of(number: int) -> str:
    """Return the table of somebody's row; both hold all kinds of people."""
    return TABLES[number // ALONE % 2]


def person_id(number: int) -> int:
    """Return somebody's id in Marketo."""
    return number + 1


def row_id(number: int) -> str:
    """Return somebody's id in Dynamics."""
    return str(uuid.UUID(int=number + 1))


def number_of(own_id: str) -> int:
    """Return whose row has an id."""
    return uuid.UUID(own_id).int - 1


def account_id(number: int) -> str:
    """Return the id of an account."""
    return str(uuid.UUID(int=2**64 + number))


def email(number: int) -> str:
    """Return somebody's address."""
    return f"person{number}@example.com"


def person(number: int) -> Json:
    """Return somebody as Marketo shows them; fields that are left out are empty."""
    contact = table_of(number) == "contact"
    return {
        "id": person_id(number),
        "firstName": f"First{number}",
        "lastName": f"Öberg {number}",
        "email": email(number),
        "title": "Architect" if number % DIFFERENT == 0 else "Engineer",
        "phone": f"+46 40 {number}",
        "address": f"Main street {number % 1000}",
        "city": "Malmö",
        "country": "Sweden",
        "postalCode": "211 20",
        "company": None if contact else f"Company {number % ACCOUNTS}",
        "mktoPersonNotes": _NOTES,
        "unsubscribed": False,
        "doNotCall": False,
    }


def row(number: int) -> Json:
    """Return somebody as Dynamics shows them; columns that are left out are null."""
    table = table_of(number)
    shown: Json = {
        "@odata.etag": f'W/"{number}"',
        f"{table}id": row_id(number),
        "firstname": f"First{number}",
        "lastname": f"Öberg {number}",
        "emailaddress1": email(number),
        "jobtitle": "Engineer",
        "telephone1": f"+46 40 {number}",
        "address1_line1": f"Main street {number % 1000}",
        "address1_city": "Malmö",
        "address1_country": "Sweden",
        "address1_postalcode": "211 20",
        "description": _NOTES,
        "donotbulkemail": False,
        "donotphone": False,
        "statecode": 0,
        "createdon": _MADE,
        "modifiedon": _MADE,
    }
    if table == "contact":
        return shown | {"_parentcustomerid_value": account_id(number % ACCOUNTS)}
    return shown | {"companyname": f"Company {number % ACCOUNTS}"}


def accounts() -> list[Json]:
    """Return the accounts of the contacts."""
    return [
        {"accountid": account_id(n), "name": f"Company {n}", "address1_city": "Malmö"}
        for n in range(ACCOUNTS)
    ]


def moment(text: str) -> datetime:
    """Read a time of a filter."""
    return datetime.fromisoformat(text).astimezone(UTC)
