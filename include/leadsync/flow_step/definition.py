"""The OpenAPI document that a Marketo administrator installs the flow step with."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from leadsync.model import Json

_FILE = Path(__file__).with_name("definition.yaml")


@cache
def definition() -> Json:
    """Return the document."""
    import yaml

    document: Json = yaml.safe_load(_FILE.read_text())
    return document
