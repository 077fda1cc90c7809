"""People who make a synchronisation difficult; every value is one that its own system accepts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from leadsync_sandbox.seed.people import Person
from leadsync_sandbox.seed.regions import ODD_NOTES

if TYPE_CHECKING:
    from leadsync_sandbox.seed.dataset import Builder

_LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Hubert-Maximilian-Alexander"
_LONG_MOBILE = "+45 12 34 56 78 ext. 12345"


def _long_name(build: Builder, person: Person) -> None:
    """A first name longer than a lead's 50 characters."""
    build.add_marketo(replace(person, first_name=_LONG_NAME))
    build.add_lead(person)


def _long_mobile(build: Builder, person: Person) -> None:
    """A mobile phone that fits a contact's 50 characters but not a lead's 20."""
    build.add_marketo(replace(person, mobile=_LONG_MOBILE))
    build.add_lead(person)


def _long_notes(build: Builder, person: Person) -> None:
    """Notes longer than the 2,000 characters of a description."""
    build.add_marketo(replace(person, notes="Long story. " * 200))
    build.add_contact(person)


def _unknown_source(build: Builder, person: Person) -> None:
    """A lead source that Dynamics has no option for."""
    build.add_marketo(person, leadSource="Webinar 2025")
    build.add_lead(person)


def _bad_email_in_dynamics(build: Builder, person: Person) -> None:
    """Dynamics stores any text as an e-mail address."""
    build.add_lead(replace(person, email=f"{person.email}".replace("@", "@@")))


def _bad_email_in_marketo(build: Builder, person: Person) -> None:
    """An address with two dots in a row, which Marketo's check lets pass."""
    build.add_marketo(replace(person, email=f"{person.email}".replace(".", "..", 1)))


def _no_last_name_in_dynamics(build: Builder, person: Person) -> None:
    """The Web API does not enforce the business-required last name."""
    build.add_lead(replace(person, last_name=None))


def _no_last_name_in_marketo(build: Builder, person: Person) -> None:
    build.add_marketo(replace(person, last_name=None))


def _two_leads(build: Builder, person: Person) -> None:
    """One Marketo person, two leads with the address."""
    build.add_marketo(person)
    build.add_lead(person)
    build.add_lead(replace(person, phone=None))


def _two_people(build: Builder, person: Person) -> None:
    """One lead, two Marketo people with the address."""
    build.add_marketo(person)
    build.add_marketo(replace(person, title="Duplicate by list import"))
    build.add_lead(person)


def _lead_and_contact(build: Builder, person: Person) -> None:
    """A lead and a contact with the same address, as after a manual conversion."""
    build.add_marketo(person)
    build.add_lead(person)
    build.add_contact(person)


def _kept_out(build: Builder, person: Person) -> None:
    """The sync filter says No."""
    build.add_lead(person, new_synctomkto=False)


def _odd_notes(build: Builder, person: Person) -> None:
    """Emoji, right-to-left text, line ends."""
    build.add_marketo(person)
    build.add_contact(replace(person, notes=build.random.choice(ODD_NOTES)))


def _owner_left(build: Builder, person: Person) -> None:
    """The row's owner is a disabled user."""
    build.add_contact(person, owner=build.owners.disabled)


TROUBLES: tuple[Callable[[Builder, Person], None], ...] = (
    _long_name,
    _long_mobile,
    _long_notes,
    _unknown_source,
    _bad_email_in_dynamics,
    _bad_email_in_marketo,
    _no_last_name_in_dynamics,
    _no_last_name_in_marketo,
    _two_leads,
    _two_people,
    _lead_and_contact,
    _kept_out,
    _odd_notes,
    _owner_left,
)
