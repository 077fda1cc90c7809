"""The data set: reproducible, in the promised shares, with every kind of trouble."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from leadsync_sandbox.seed.dataset import Dataset, build
from leadsync_sandbox.seed.people import ascii_part

NOW = datetime(2026, 1, 31, 10, tzinfo=UTC)
PEOPLE = 2000


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return build(PEOPLE, 7, NOW)


def emails(rows: list[dict[str, Any]], column: str) -> Counter[str]:
    return Counter(str(row[column]).strip().lower() for row in rows if row.get(column))


def test_the_same_seed_gives_the_same_data(dataset: Dataset) -> None:
    assert build(PEOPLE, 7, NOW) == dataset
    assert build(PEOPLE, 8, NOW) != dataset


def test_shares_of_the_groups(dataset: Dataset) -> None:
    marketo = emails(dataset.marketo, "email")
    dynamics = emails(dataset.dynamics["lead"] + dataset.dynamics["contact"], "emailaddress1")

    both = len(marketo.keys() & dynamics.keys()) / PEOPLE
    only_marketo = len(marketo.keys() - dynamics.keys()) / PEOPLE

    assert 0.15 <= both <= 0.20
    assert 0.10 <= only_marketo <= 0.12
    assert len(dataset.dynamics["lead"]) / PEOPLE >= 0.50
    assert len(dataset.dynamics["contact"]) / PEOPLE >= 0.30


def test_addresses_differ_in_case_and_blanks(dataset: Dataset) -> None:
    rows = dataset.dynamics["lead"] + dataset.dynamics["contact"]
    raw = [row["emailaddress1"] for row in rows if row.get("emailaddress1")]

    assert any(address != address.strip() for address in raw)
    assert any(address != address.lower() for address in raw)


def test_troubles_are_there(dataset: Dataset) -> None:
    leads, contacts = dataset.dynamics["lead"], dataset.dynamics["contact"]
    people, by_lead = emails(dataset.marketo, "email"), emails(leads, "emailaddress1")
    texts = "".join(row.get("description", "") for row in contacts)
    left = next(u for u in dataset.dynamics["systemuser"] if u.get("isdisabled"))

    assert any(len(p["firstName"]) > 50 for p in dataset.marketo)
    assert any(len(p.get("mobilePhone", "")) > 20 for p in dataset.marketo)
    assert any(len(p.get("mktoPersonNotes", "")) > 2000 for p in dataset.marketo)
    assert any(p["leadSource"] == "Webinar 2025" for p in dataset.marketo)
    assert any("@@" in row["emailaddress1"] for row in leads if row.get("emailaddress1"))
    assert any(".." in p["email"] for p in dataset.marketo)
    assert any("lastName" not in p for p in dataset.marketo)
    assert any("lastname" not in row for row in leads)
    assert 2 in people.values() and 2 in by_lead.values()
    assert by_lead.keys() & emails(contacts, "emailaddress1").keys()
    assert any(row.get("new_synctomkto") is False for row in leads)
    assert "🙂" in texts or "👩" in texts
    assert any(left["systemuserid"] in row["ownerid@odata.bind"] for row in contacts)


def test_values_are_not_only_ascii(dataset: Dataset) -> None:
    for column in ("firstname", "lastname", "companyname", "address1_city", "address1_line1"):
        values = [row[column] for row in dataset.dynamics["lead"] if column in row]
        assert any(not value.isascii() for value in values), column


@pytest.mark.parametrize(
    ("text", "part"), [("Łukasz", "lukasz"), ("O'Brien", "obrien"), ("佐藤", "")]
)
def test_names_in_addresses(text: str, part: str) -> None:
    assert ascii_part(text) == part
