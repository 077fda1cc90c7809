"""The JSON schema of mapping files, for editors and checks outside leadsync.

``python -m leadsync.mapping.schema include/config/mapping.schema.json`` writes it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from leadsync.mapping.model import Mapping


def schema_text() -> str:
    """Return the schema as formatted JSON."""
    schema = Mapping.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "leadsync mapping file"
    return json.dumps(schema, indent=2) + "\n"


def main(arguments: list[str]) -> None:
    """Write the schema to the file named by the only argument."""
    (target,) = arguments
    Path(target).write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
