"""Whether a kept row names an e-mail address, for the store in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from leadsync.state.types import to_json
from leadsync.values.keys import email_key

_DOCUMENTS = ("body", "row", "failures")
_VALUES = ("base", "marketo", "dynamics")


def mentions(row: Mapping[str, Any], address: str) -> bool:
    """Tell whether a value of a journal row is the address, or a document holds it as a text."""
    if any(email_key(row.get(name)) == address for name in _VALUES):
        return True
    documents = (json.dumps(row[name]).lower() for name in _DOCUMENTS if name in row)
    return any(to_json(address) in document for document in documents)
