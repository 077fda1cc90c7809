"""Loading the data set into both running stand-ins."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadsync_sandbox.seed.dataset import Dataset, build
from leadsync_sandbox.seed.load import LoadError, load
from support.sandbox import serve_dynamics, serve_marketo

NOW = datetime(2026, 1, 31, 10, tzinfo=UTC)


def test_each_system_accepts_all_of_its_records(tmp_path: Path) -> None:
    dataset = build(500, 7, NOW)
    with serve_marketo(tmp_path / "m") as marketo, serve_dynamics(tmp_path / "d") as dynamics:
        started = time.perf_counter()
        counts = load(dataset, marketo.url, dynamics.url)
        seconds = time.perf_counter() - started
        again = load(Dataset([], {"lead": [{"new_synctomkto": True}]}), marketo.url, dynamics.url)
        leads = dynamics.control.records("lead", select="new_synctomkto")
        contacts = dynamics.control.records("contact-columns")
        people = marketo.control.records("leads")

    assert counts["dynamics"] == {name: len(rows) for name, rows in dataset.dynamics.items()}
    assert counts["marketo"] == {"leads": len(dataset.marketo)}
    assert again["dynamics"] == {"lead": 1}
    assert len(leads) == len(dataset.dynamics["lead"]) + 1
    assert {row["new_synctomkto"] for row in leads} == {False, True}
    assert "new_synctomkto" in {column["name"] for column in contacts}
    assert len(people) == len(dataset.marketo)
    assert seconds < 10


def test_a_refusal_says_which_row_and_why(tmp_path: Path) -> None:
    bad = Dataset([], {"lead": [{"lastname": "A"}, {"mobilephone": "1" * 21}]})
    with serve_dynamics(tmp_path) as dynamics, pytest.raises(LoadError, match=r"lead row 1 .*'20'"):
        load(bad, dynamics.url, dynamics.url)


def test_an_absent_system_is_named() -> None:
    with pytest.raises(LoadError, match=r"http://127\.0\.0\.1:9/_control/import got no answer"):
        load(Dataset([{}], {}), "http://127.0.0.1:9", "http://127.0.0.1:9")
