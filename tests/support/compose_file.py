"""docker-compose.yaml as Compose reads it: variables filled in, anchors and merges resolved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE_FILE = REPOSITORY / "docker-compose.yaml"
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?:(?P<operator>:-|:\?)(?P<rest>[^}]*))?\}")


class MissingVariableError(Exception):
    """A required variable is not set; the message is the file's own."""


def load_compose(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the file with ``variables`` filled in.

    :raises MissingVariableError: a ``${NAME:?message}`` has no value.
    """
    document: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text())
    filled: dict[str, Any] = _fill(document, variables)
    return filled


def required_variables() -> set[str]:
    """Return the names that must be set."""
    found = VARIABLE.finditer(COMPOSE_FILE.read_text())
    return {match["name"] for match in found if match["operator"] == ":?"}


def _fill(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _fill(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, variables) for item in value]
    if isinstance(value, str):
        return VARIABLE.sub(lambda match: _value(match, variables), value)
    return value


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    given = variables.get(match["name"], "")
    if given:
        return given
    if match["operator"] == ":?":
        raise MissingVariableError(match["rest"])
    return match["rest"] or ""
