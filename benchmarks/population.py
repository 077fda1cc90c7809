"""The people of the benchmark: pairs that agree, and edits that users make on each side."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import requests

Json = dict[str, Any]

#: edits and records that travel in one control call.
CHUNK = 1_000
SECONDS = 600


@dataclass(frozen=True, slots=True)
class Pair:
    """One human being on both sides."""

    number: int
    table: str
    row_id: str
    person_id: int

    @property
    def email(self) -> str:
        return f"person{self.number}@example.com"


class Control:
    """The control endpoints of one stand-in."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/_control"

    def load(self, kind: str, records: list[Json]) -> None:
        """Store records as they are, without activities."""
        for part in _parts(records):
            self._call("POST", "import", {"records": {kind: part}})

    def edit(self, edits: list[Json]) -> list[Json]:
        """Make users' edits; returns what each came to."""
        made: list[Json] = []
        for part in _parts(edits):
            made += self._call("POST", "edit", {"edits": part})["results"]
        return made

    def journal(self) -> list[Json]:
        """Return the calls since the last :meth:`forget`."""
        entries: list[Json] = self._call("GET", "journal")["entries"]
        return entries

    def forget(self) -> None:
        """Empty the journal."""
        self._call("DELETE", "journal")

    def _call(self, method: str, path: str, content: Json | None = None) -> Json:
        answer = requests.request(method, f"{self._url}/{path}", json=content, timeout=SECONDS)
        if not answer.ok:
            raise RuntimeError(f"{method} {self._url}/{path}: {answer.text}")
        found: Json = answer.json()
        return found


def make_pairs(count: int) -> list[Pair]:
    """Return ``count`` pairs, leads and contacts by turns."""
    return [
        Pair(number, ("lead", "contact")[number % 2], str(uuid.UUID(int=number + 1)), number + 1)
        for number in range(count)
    ]


def store_pairs(pairs: list[Pair], marketo: Control, dynamics: Control) -> None:
    """Store every pair on both sides, unlinked, with the same values."""
    marketo.load("leads", [_person(pair) for pair in pairs])
    for table in ("lead", "contact"):
        dynamics.load(table, [_row(pair) for pair in pairs if pair.table == table])


def edit_persons(pairs: list[Pair], marketo: Control, stamp: str) -> None:
    """A user changes two fields of each person."""
    marketo.edit(
        [
            {
                "operation": "update",
                "id": pair.person_id,
                "fields": {"title": f"Engineer {stamp}", "city": f"Town {pair.number} {stamp}"},
            }
            for pair in pairs
        ]
    )


def edit_rows(pairs: list[Pair], dynamics: Control, stamp: str) -> None:
    """A user changes two columns of each lead or contact."""
    dynamics.edit(
        [
            {
                "operation": "update",
                "table": pair.table,
                "id": pair.row_id,
                "fields": {
                    "telephone1": f"+46 8 {pair.number}",
                    "address1_line1": f"Street {pair.number} {stamp}",
                },
            }
            for pair in pairs
        ]
    )


def _person(pair: Pair) -> Json:
    return {
        "id": pair.person_id,
        "firstName": f"First{pair.number}",
        "lastName": f"Öberg {pair.number}",
        "email": pair.email,
        "title": "Engineer",
        "phone": "+46 40 1",
        "address": "Main street 1",
        "city": "Malmö",
        "country": "Sweden",
        "postalCode": "211 20",
        "mktoPersonNotes": "Met at the fair.\nCall back.",
    }


def _row(pair: Pair) -> Json:
    return {
        f"{pair.table}id": pair.row_id,
        "firstname": f"First{pair.number}",
        "lastname": f"Öberg {pair.number}",
        "emailaddress1": pair.email,
        "jobtitle": "Engineer",
        "telephone1": "+46 40 1",
        "address1_line1": "Main street 1",
        "address1_city": "Malmö",
        "address1_country": "Sweden",
        "address1_postalcode": "211 20",
        "description": "Met at the fair.\nCall back.",
    }


def _parts(records: list[Json]) -> list[list[Json]]:
    return [records[start : start + CHUNK] for start in range(0, len(records), CHUNK)]
