"""What a check came to, as Great Expectations validation results: counts by rule, no values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from leadsync.model import Json
from leadsync.validation.documents import GX_VERSION

_NO_EXCEPTION = {
    "raised_exception": False,
    "exception_message": None,
    "exception_traceback": None,
}


def validation_result(
    suite: str, expectations: Iterable[Json], records: int, failed: Mapping[str, int], about: Json
) -> Json:
    """Return one suite's validation result.

    :param expectations: documents with an id each.
    :param records: how many were checked.
    :param failed: how many broke an expectation, by its id.
    :param about: what was checked, for ``meta.leadsync``.
    """
    results = [_result(one, records, failed.get(one["id"], 0)) for one in expectations]
    broken = sum(not one["success"] for one in results)
    kept = len(results) - broken
    return {
        "success": broken == 0,
        "suite_name": suite,
        "suite_parameters": {},
        "results": results,
        "statistics": {
            "evaluated_expectations": len(results),
            "successful_expectations": kept,
            "unsuccessful_expectations": broken,
            "success_percent": 100.0 * kept / len(results) if results else None,
        },
        "meta": {"great_expectations_version": GX_VERSION, "leadsync": about},
        "id": None,
    }


def _result(expectation: Json, records: int, failed: int) -> dict[str, Any]:
    percent = 100.0 * failed / records if records else 0.0
    return {
        "success": failed == 0,
        "expectation_config": expectation,
        "result": {
            "element_count": records,
            "unexpected_count": failed,
            "unexpected_percent": percent,
            "unexpected_percent_total": percent,
            "unexpected_percent_nonmissing": percent,
            "missing_count": 0,
            "missing_percent": 0.0,
            "partial_unexpected_list": [],
        },
        "meta": {},
        "exception_info": dict(_NO_EXCEPTION),
    }
