"""The OpenAPI document that a Marketo administrator installs the flow step with."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from leadsync.model import Json

_FILE = Path(__file__).with_name("definition.yaml")


@cache
def _document() -> Json:
    import yaml

    read: Json = yaml.safe_load(_FILE.read_text())
    return read


def definition(support: str | None = None) -> Json:
    """Return the document.

    :param support: address that Marketo shows for questions, in place of the project's.
    """
    document = _document()
    if not support:
        return document
    info: dict[str, Any] = {**document["info"], "x-supportContact": support}
    return {**document, "info": info}
