"""Great Expectations as far as leadsync uses it: suites from documents, frames in memory.

The library takes seconds to import, so it is imported where it is used, and never for nothing.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from leadsync.errors import ConfigurationError, LeadsyncError
from leadsync.model import Json

#: the fastest form that names every row (reference/airflow-gx.md 6): positions without values.
_RESULT_FORMAT = {
    "result_format": "COMPLETE",
    "return_unexpected_index_query": False,
    "exclude_unexpected_values": True,
    "partial_unexpected_count": 0,
}


def open_batches() -> Any:
    """Return what makes batches of frames, without telemetry, files, progress bars and chatter."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations
    from great_expectations.data_context.types.base import ProgressBarsConfig

    # This one gives itself a level of its own when it is imported.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("leadsync").add_dataframe_asset("cells")
    return asset.add_batch_definition_whole_dataframe("cycle")


def built_suite(name: str, documents: Sequence[Json]) -> Any:
    """Return the suite of these expectations.

    :raises ConfigurationError: the library does not know an expectation or refuses its arguments.
    """
    from great_expectations import ExpectationSuite

    for document in documents:
        _require_valid(name, document)
    return ExpectationSuite(name=name, expectations=list(documents))


def _require_valid(name: str, document: Json) -> None:
    """Build one expectation, because a suite leaves out what it cannot build."""
    from great_expectations.compatibility.pydantic import ValidationError
    from great_expectations.exceptions.exceptions import GreatExpectationsError
    from great_expectations.expectations.expectation_configuration import (
        ExpectationConfiguration,
    )

    try:
        ExpectationConfiguration(**document).to_domain_obj()
    except (GreatExpectationsError, ValidationError, TypeError) as error:
        rule = (document.get("meta") or {}).get("rule_id")
        raise ConfigurationError(
            f"Great Expectations refuses {document.get('type')} ({rule}) of the suite {name}: "
            f"{error}",
            remedy="Correct the expectation; `leadsync suites` checks all of them.",
        ) from error


def check_frame(
    batches: Any, frame: pd.DataFrame, name: str, documents: Sequence[Json]
) -> Iterator[tuple[str, Json]]:
    """Check a frame and yield each expectation's id with its result.

    :param documents: expectations that the library is known to take.

    A result about rows holds ``unexpected_index_list``: labels of the frame's index.

    :raises LeadsyncError: an expectation broke down, such as on a column that is not there.
    """
    from great_expectations import ExpectationSuite

    batch = batches.get_batch({"dataframe": frame})
    suite = ExpectationSuite(name=name, expectations=list(documents))
    report = batch.validate(suite, result_format=_RESULT_FORMAT)
    for result in report.results:
        config = result.expectation_config
        if not result.result:
            meta = config.meta or {}
            column = meta.get("column") or config.kwargs.get("column")
            raise LeadsyncError(
                f"Great Expectations could not check the rule {meta.get('rule_id', config.type)} "
                f"on {column}: {_reason(result.exception_info)}",
                remedy="Nothing of this batch was written. Correct the expectation of the team's "
                "suite; report it if it is one of leadsync's own.",
            )
        yield config.id, {**result.result, "success": result.success}


def _reason(exception_info: Any) -> str:
    inner = [one for one in exception_info.values() if isinstance(one, dict)]
    return "; ".join(str(one.get("exception_message")) for one in inner or [exception_info])
