"""Draws the companies that the people work for."""

from __future__ import annotations

import random

from leadsync_sandbox.seed.people import Company, ascii_part, digits, new_id
from leadsync_sandbox.seed.regions import COMPANY_FORMS, COMPANY_KINDS, COMPANY_WORDS, REGIONS


def draw_companies(random_: random.Random, count: int) -> list[Company]:
    """Draw ``count`` companies with distinct domains."""
    return [_company(random_, number) for number in range(count)]


def _company(random_: random.Random, number: int) -> Company:
    region = random_.choice(REGIONS)
    word, kind = random_.choice(COMPANY_WORDS), random_.choice(COMPANY_KINDS)
    slug = ascii_part(word) + ascii_part(kind)
    return Company(
        id=new_id(random_),
        name=f"{word} {kind} {random_.choice(COMPANY_FORMS)}",
        region=region,
        city=random_.choice(region.cities),
        street=f"{random_.choice(region.streets)} {random_.randrange(1, 99)}",
        postcode=digits(random_, region.postcode),
        phone=digits(random_, region.phone),
        domain=f"{slug}{number}.{region.mail}.example",
        employees=random_.choice((3, 12, 45, 180, 950, 4200)),
        revenue=random_.randrange(1, 900) * 100_000,
    )
