"""Loads a data set into both running stand-ins through their control endpoints."""

from __future__ import annotations

import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from leadsync_sandbox.seed.dataset import Dataset

Json = dict[str, Any]
SYNC_FLAG = "new_synctomkto"
_CHUNK = 2000
_SECONDS = 300


class LoadError(RuntimeError):
    """A stand-in refused the data or cannot be reached."""


def load(dataset: Dataset, marketo_url: str, dynamics_url: str, *, ca_bundle: str = "") -> Json:
    """Store everything and return ``{"marketo": {...}, "dynamics": {...}}`` with counts by kind.

    When the data set has values of the sync filter, its column is made on leads and
    contacts where it is missing, as a customiser would, with Yes as default.

    :param ca_bundle: PEM file to trust; without it ``REQUESTS_CA_BUNDLE`` counts.
    :raises LoadError: naming the address and the reason.
    """
    poster = _Poster(ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE", ""))
    if any(SYNC_FLAG in row for rows in dataset.dynamics.values() for row in rows):
        for table in ("lead", "contact"):
            _provide_flag(poster, dynamics_url, table)
    return {
        "marketo": _store(poster, marketo_url, {"leads": dataset.marketo}),
        "dynamics": _store(poster, dynamics_url, dataset.dynamics),
    }


def _provide_flag(poster: _Poster, url: str, table: str) -> None:
    known = poster.send("GET", f"{url}/_control/records/{table}-columns")["records"]
    if SYNC_FLAG not in {column["name"] for column in known}:
        edit = {
            "operation": "add_column",
            "table": table,
            "column": SYNC_FLAG,
            "schema_name": "new_SyncToMkto",
            "display_name": "Sync to Marketo",
            "type": "Boolean",
            "default": True,
        }
        poster.send("POST", f"{url}/_control/edit", edit)


def _store(poster: _Poster, url: str, records: dict[str, list[Json]]) -> dict[str, int]:
    counts = dict.fromkeys(records, 0)
    for kind, part in _chunks(records):
        told = poster.send("POST", f"{url}/_control/import", {"records": {kind: part}})
        counts[kind] += told[kind]
    return counts


def _chunks(records: dict[str, list[Json]]) -> Iterator[tuple[str, list[Json]]]:
    for kind, rows in records.items():
        for start in range(0, len(rows), _CHUNK):
            yield kind, rows[start : start + _CHUNK]


class _Poster:
    """Calls control endpoints."""

    def __init__(self, ca_bundle: str) -> None:
        self._context = ssl.create_default_context(cafile=ca_bundle) if ca_bundle else None

    def send(self, method: str, url: str, content: Json | None = None) -> Json:
        """Return the JSON answer.

        :raises LoadError: the answer is no success, or there is none.
        """
        body = None if content is None else json.dumps(content).encode()
        headers = {"Content-Type": "application/json"}
        call = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - our own
        try:
            with urllib.request.urlopen(  # noqa: S310 - our own
                call, timeout=_SECONDS, context=self._context
            ) as answer:
                told: Json = json.load(answer)
                return told
        except urllib.error.HTTPError as problem:
            told_text = problem.read().decode(errors="replace")
            raise LoadError(f"{method} {url} was refused: {told_text}") from problem
        except OSError as problem:
            raise LoadError(f"{method} {url} got no answer: {problem}") from problem
