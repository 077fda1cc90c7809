"""Data Docs pages show well without internet, and the archive keeps nothing of single rows."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from leadsync.data_docs.archive import keep_results, results_of
from leadsync.data_docs.offline import offline
from leadsync.data_docs.overview import NEWEST, cycle_page, cycles_page
from leadsync.data_docs.render import render_validation
from leadsync.staging.store import Staging

CYCLE = "20260105T080000-abcd1234"
SECRET = "someone@example.com"


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    """A real validation result with a rule that fails and one that holds."""
    gx: Any = import_module("great_expectations")
    gxe: Any = import_module("great_expectations.expectations")
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
    frame = pd.DataFrame({"email": [SECRET, "b" * 60, None], "age": [1, 2, 3]})
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    suite = gx.ExpectationSuite(
        name="lead_update",
        expectations=[
            gxe.ExpectColumnValueLengthsToBeBetween(column="email", max_value=5),
            gxe.ExpectColumnValuesToNotBeNull(column="age"),
        ],
    )
    validated = batch.validate(
        suite, result_format={"result_format": "COMPLETE", "exclude_unexpected_values": True}
    )
    document: dict[str, Any] = json.loads(json.dumps(validated.to_json_dict()))
    return document


def test_a_page_needs_nothing_from_elsewhere(result: dict[str, Any]) -> None:
    page = render_validation(result)
    assert not re.search(r"https?://|src=|<link|url\(", page)
    assert set(re.findall(r'href="([^"$]*)"', page)) <= {
        "#section-1",
        "#section-2",
        "#section-3",
        "#section-4",
    }
    assert "lead_update" in page
    assert "2 unexpected values found" in page
    assert page.count("<style>") == 1


def test_what_is_kept_of_a_page_stays_as_it_was() -> None:
    page = (
        '<!DOCTYPE html><html><head></head><body><p id="a">1 &lt; 2 &#960;</p><br/>x</body></html>'
    )
    kept = offline(page)
    assert kept.startswith("<!DOCTYPE html><html><head>")
    assert kept.endswith('</head><body><p id="a">1 &lt; 2 &#960;</p><br/>x</body></html>')


def test_a_link_away_leaves_its_text_and_one_within_the_page_stays() -> None:
    kept = offline('<p><a href="../../x.html">suite</a> <a href="#top">up</a></p>')
    assert kept == '<p>suite <a href="#top">up</a></p>'


def test_nested_elements_that_are_dropped_go_whole() -> None:
    bar = '<nav class="navbar navbar-expand-md"><nav>in</nav>bar</nav>'
    assert offline(f"<p>a</p>{bar}<footer><b>f</b></footer><p>b</p>") == "<p>a</p><p>b</p>"


def test_the_archive_keeps_counts_and_nothing_of_rows(
    result: dict[str, Any], tmp_path: Path
) -> None:
    archive = Staging(str(tmp_path), setting="LEADSYNC_REPORTS")
    keep_results(archive, CYCLE, [result])
    kept = results_of(archive, CYCLE)
    assert kept is not None
    counts = {one["expectation_config"]["type"]: one["result"] for one in kept[0]["results"]}
    assert counts["expect_column_value_lengths_to_be_between"]["unexpected_count"] == 2
    assert SECRET not in json.dumps(kept)
    assert "unexpected_index_list" not in json.dumps(kept)
    assert results_of(archive, "20260105T080000-00000000") is None


def test_overviews_lead_to_the_pages(result: dict[str, Any]) -> None:
    listed = cycles_page([f"old-{CYCLE}", *[CYCLE] * NEWEST])
    assert f'<td>2026-01-05 08:00:00</td><td><a href="reports/{CYCLE}"' in listed
    assert "old-" not in listed
    page = cycle_page(CYCLE, [result])
    assert f'href="{CYCLE}/1">lead_update' in page
    assert "<td></td><td>3</td><td>2</td><td>1</td><td>2</td>" in page
    assert "nothing to check" in cycle_page(CYCLE, [])
