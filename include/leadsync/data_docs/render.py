"""Turns a stored validation result into the page that Great Expectations' Data Docs have for it."""

from __future__ import annotations

import os
from importlib import import_module

from leadsync.data_docs.offline import offline
from leadsync.model import Json


def render_validation(document: Json) -> str:
    """Return the HTML page of one validation result; it needs nothing from elsewhere.

    :param document: a Great Expectations validation result as JSON, without the values of rows.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    core = import_module("great_expectations.core.expectation_validation_result")
    renderer = import_module("great_expectations.render.renderer")
    view = import_module("great_expectations.render.view")
    result = core.expectationSuiteValidationResultSchema.load(document)
    page = renderer.ValidationResultsPageRenderer(run_info_at_end=True).render(result)
    return offline(view.DefaultJinjaPageView().render(page))
