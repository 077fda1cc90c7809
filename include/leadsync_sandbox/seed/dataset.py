"""Builds the data set: who is in which system, and with which values."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from leadsync_sandbox.seed import records
from leadsync_sandbox.seed.companies import draw_companies
from leadsync_sandbox.seed.owners import Owners, draw_owners
from leadsync_sandbox.seed.people import Company, Person, digits, draw_person, new_id
from leadsync_sandbox.seed.regions import TITLES, TOPICS
from leadsync_sandbox.seed.troubles import TROUBLES

Json = dict[str, Any]
#: share of the people per group, in this order; the rest is troublesome.
LEAD_ONLY, CONTACT_ONLY, BOTH, MARKETO_ONLY = 0.45, 0.25, 0.15, 0.10


@dataclass(frozen=True, slots=True)
class Dataset:
    """What to load.

    :param marketo: persons by REST name.
    :param dynamics: rows in Web API form with client ids, by table in the order to load them.
    """

    marketo: list[Json] = field(default_factory=list)
    dynamics: dict[str, list[Json]] = field(default_factory=dict)


class Builder:
    """Collects the records of both systems."""

    def __init__(self, drawn: random.Random, companies: list[Company], owners: Owners) -> None:
        self.random = drawn
        self.owners = owners
        self.dataset = Dataset(
            dynamics={
                "systemuser": owners.users,
                "team": owners.teams,
                "account": [records.account(c, owners.draw(drawn)) for c in companies],
                "lead": [],
                "contact": [],
            }
        )

    def add_marketo(self, person: Person, **values: Any) -> None:
        """Put the person into Marketo."""
        self.dataset.marketo.append({**records.marketo_person(person), **values})

    def add_lead(self, person: Person, **values: Any) -> None:
        """Put the person into Dynamics as a lead."""
        person = replace(person, mobile=person.mobile[:20] if person.mobile else None)
        topic = self.random.choice(TOPICS)
        row = records.lead(person, new_id(self.random), self.owners.draw(self.random), topic)
        self.dataset.dynamics["lead"].append({**row, **values})

    def add_contact(self, person: Person, owner: str | None = None) -> None:
        """Put the person into Dynamics as a contact of its company's account."""
        owned_by = owner or self.owners.draw(self.random)
        row = records.contact(person, new_id(self.random), owned_by)
        self.dataset.dynamics["contact"].append(row)


def build(people: int, seed: int, now: datetime) -> Dataset:
    """Return a data set of ``people`` people; the same arguments give the same data.

    :param now: nobody is younger; an aware datetime.
    """
    drawn = random.Random(seed)  # noqa: S311 - reproducible, not secret
    owners = draw_owners(drawn)
    companies = draw_companies(drawn, max(5, people // 12))
    builder = Builder(drawn, companies, owners)
    for number in range(people):
        person = draw_person(drawn, number, drawn.choice(companies), now)
        _place(builder, person, number / people, number)
    return builder.dataset


def _place(builder: Builder, person: Person, position: float, number: int) -> None:
    if position < LEAD_ONLY:
        builder.add_lead(person, **_lead_state(builder.random))
    elif position < LEAD_ONLY + CONTACT_ONLY:
        builder.add_contact(person)
    elif position < LEAD_ONLY + CONTACT_ONLY + BOTH:
        _place_on_both(builder, person)
    elif position < LEAD_ONLY + CONTACT_ONLY + BOTH + MARKETO_ONLY:
        builder.add_marketo(person)
    else:
        TROUBLES[number % len(TROUBLES)](builder, person)


def _lead_state(drawn: random.Random) -> Json:
    """Some leads were disqualified."""
    if drawn.random() < 0.06:
        return {"statecode": 2, "statuscode": drawn.choice((4, 5, 6, 7))}
    return {"statuscode": drawn.choice((1, 1, 1, 2))}


def _place_on_both(builder: Builder, person: Person) -> None:
    """The same person on both sides, as people keep it: not always with the same values."""
    drawn = builder.random
    builder.add_marketo(person)
    add = builder.add_lead if drawn.random() < 0.5 else builder.add_contact
    add(_as_known_to_sales(drawn, person))


def _as_known_to_sales(drawn: random.Random, person: Person) -> Person:
    email, what = f"{person.email}", drawn.random()
    if what < 0.1:
        return replace(person, email=email.title())
    if what < 0.15:
        return replace(person, email=f" {email} ")
    if what < 0.3:
        return replace(person, title=drawn.choice(TITLES))
    if what < 0.4:
        return replace(person, phone=digits(drawn, person.company.region.phone))
    if what < 0.45:
        return replace(person, no_bulk_mail=not person.no_bulk_mail)
    return person
