"""Draws the people, before anybody decides in which system they are."""

from __future__ import annotations

import random
import re
import unicodedata
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadsync_sandbox.seed.regions import (
    LEAD_SOURCES,
    NOTES,
    ODD_NOTES,
    REGIONS,
    SALUTATIONS,
    TITLES,
    Region,
)

_NOT_MAIL = re.compile(r"[^a-z0-9]+")


@dataclass(slots=True)
class Company:
    """An employer; ``id`` is its account's id where it has one."""

    id: str
    name: str
    region: Region
    city: tuple[str, str]
    street: str
    postcode: str
    phone: str
    domain: str
    employees: int
    revenue: int


@dataclass(slots=True)
class Person:
    """A person with the values that both systems could hold."""

    salutation: str | None
    first_name: str
    last_name: str | None
    email: str | None
    title: str
    phone: str | None
    mobile: str | None
    company: Company
    street: str
    city: tuple[str, str]
    postcode: str
    source: int
    notes: str | None
    no_calls: bool
    no_bulk_mail: bool
    created: datetime


def new_id(random_: random.Random) -> str:
    """Return a GUID drawn from ``random_``."""
    return str(uuid.UUID(int=random_.getrandbits(128), version=4))


def digits(random_: random.Random, pattern: str) -> str:
    """Fill the ``#`` of a pattern with digits."""
    return "".join(str(random_.randrange(10)) if c == "#" else c for c in pattern)


def ascii_part(text: str) -> str:
    """Return ``text`` as a part of an e-mail address, empty when nothing of it is Latin."""
    plain = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("Ł", "L"))
    return _NOT_MAIL.sub("", plain.encode("ascii", "ignore").decode().lower())


def draw_person(random_: random.Random, number: int, company: Company, now: datetime) -> Person:
    """Draw one person who works at ``company``; ``number`` keeps the e-mail address unique."""
    region = company.region if random_.random() < 0.8 else random_.choice(REGIONS)
    first, last = random_.choice(region.given), random_.choice(region.family)
    local = ".".join(part for part in (ascii_part(first), ascii_part(last)) if part) or "kontakt"
    notes = random_.random()
    return Person(
        salutation=random_.choice(SALUTATIONS) if random_.random() < 0.3 else None,
        first_name=first,
        last_name=last,
        email=f"{local}.{number}@{company.domain}",
        title=random_.choice(TITLES),
        phone=digits(random_, region.phone) if random_.random() < 0.85 else None,
        mobile=digits(random_, region.mobile) if random_.random() < 0.6 else None,
        company=company,
        street=f"{random_.choice(region.streets)} {random_.randrange(1, 200)}",
        city=random_.choice(region.cities),
        postcode=digits(random_, region.postcode),
        source=random_.choice(list(LEAD_SOURCES)),
        notes=_notes(random_, notes),
        no_calls=random_.random() < 0.05,
        no_bulk_mail=random_.random() < 0.08,
        created=now - timedelta(seconds=random_.randrange(86_400, 3 * 365 * 86_400)),
    )


def _notes(random_: random.Random, drawn: float) -> str | None:
    if drawn < 0.02:
        return random_.choice(ODD_NOTES)
    return random_.choice(NOTES) if drawn < 0.2 else None
