"""Whether what the store keeps names an e-mail address (S081)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadsync.values.keys import email_key

_DOCUMENTS = ("body", "row", "failures", "made_with")
_VALUES = ("base", "marketo", "dynamics")


def says(document: Any, address: str) -> bool:
    """Tell whether a text in a JSON document is the address.

    :param address: an e-mail key.
    """
    if isinstance(document, str):
        return email_key(document) == address
    if isinstance(document, Mapping):
        return any(says(part, address) for part in document.values())
    return isinstance(document, list) and any(says(part, address) for part in document)


def mentions(row: Mapping[str, Any], address: str) -> bool:
    """Tell whether a value or document of a row is or holds the address."""
    return any(says(row.get(name), address) for name in (*_VALUES, *_DOCUMENTS))
