"""The flow step, called in ways that its published definition allows and in ways it forbids."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from leadsync.flow_step.definition import definition

KEY = {"x-api-key": "flow-step-key-0123456789"}
#: Marketo prescribes the schema; that a campaign's number is positive, it does not say.
STRICTER_THAN_PUBLISHED = [positive_data_acceptance]
OPERATIONS = [
    (path, method)
    for path, methods in definition()["paths"].items()
    for method in methods.keys() & {"get", "post"}
]


@pytest.fixture
def published(app: FastAPI, client: TestClient) -> Any:
    """The definition as Marketo reads it, tied to the app."""
    return schemathesis.openapi.from_asgi("/ssfs/openapi.json", app)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_answers_are_as_published(
    published: Any, path: str, method: str, mode: GenerationMode, data: st.DataObject
) -> None:
    case = data.draw(published[path][method].as_strategy(generation_mode=mode))
    case.call_and_validate(
        base_url="http://testserver/ssfs", headers=KEY, excluded_checks=STRICTER_THAN_PUBLISHED
    )
