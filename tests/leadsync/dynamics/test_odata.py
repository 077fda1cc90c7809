"""Query strings: quoting, encoding, chunking."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from leadsync.dynamics import odata

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def test_apostrophes_are_doubled() -> None:
    assert odata.literal("O'Brian") == "'O''Brian'"


@given(texts)
def test_any_value_survives_the_address(value: str) -> None:
    address = odata.resource("leads", filter=odata.any_of("emailaddress1", [value]))

    (sent,) = parse_qs(urlsplit(address).query)["$filter"]
    assert sent.startswith("Microsoft.Dynamics.CRM.In(PropertyName='emailaddress1',")
    listed = sent.partition("PropertyValues=")[2].removesuffix(")")
    assert json.loads(listed) == [value]


def test_signs_with_a_meaning_in_addresses_are_encoded() -> None:
    address = odata.resource("leads", filter="x eq 'a+b&c#d/e@f%'")

    assert address == "leads?$filter=x%20eq%20'a%2Bb%26c%23d%2Fe%40f%25'"


@given(st.lists(texts, max_size=1200), st.integers(400, 5000))
def test_chunks_fit_and_lose_nothing(values: list[str], room: int) -> None:
    chunks = list(odata.chunked(values, room))

    assert [value for chunk in chunks for value in chunk] == values
    for chunk in chunks:
        assert len(chunk) <= 500
        listed = json.dumps(chunk, ensure_ascii=False, separators=(",", ":"))
        assert len(odata.encoded(listed)) <= room + 10 or len(chunk) == 1


def test_five_hundred_ids_fit_one_address() -> None:
    ids = [f"60c4e274-0d87-e711-80e5-00155db19{number:03d}" for number in range(500)]

    assert len(list(odata.chunked(ids, 31_000))) == 1


def test_columns_are_asked_for_once() -> None:
    assert odata.select_list(["a", "b", "a"]) == "a,b"


def test_the_window_is_half_open() -> None:
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)

    assert odata.modified_between(start, end) == (
        "modifiedon ge 2026-01-01T00:00:00Z and modifiedon lt 2026-01-02T00:00:00Z"
    )
