"""The published contract of Marketo's self-service flow steps, as JSON schemas.

``tests/data/marketo-ssfs.yaml`` holds the schemas of the provider interface, version 1.0.0
(reference/data/marketo-ssfs-openapi.yaml and marketo-ssfs-schema.yaml), without their texts.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).resolve().parents[1] / "data" / "marketo-ssfs.yaml"


@cache
def interface() -> Any:
    """Return the published document."""
    return yaml.safe_load(_FILE.read_text())


def published(name: str) -> dict[str, Any]:
    """Return a schema of the interface, with what it refers to."""
    return {"$ref": f"#/components/schemas/{name}", "components": interface()["components"]}


def definition_schema() -> dict[str, Any]:
    """Return the schema that a provider's own definition must follow."""
    schema: dict[str, Any] = interface()["definition"]
    return schema
