"""Copies of JSON documents, so that nobody shares what another may change."""

from __future__ import annotations

from typing import Any


def json_copy(document: Any) -> Any:
    """Return a copy of a JSON document, as writing and reading it would; faster than that.

    :raises TypeError: something in it is no JSON.
    """
    kind = type(document)
    if kind in _ATOMS:
        return document
    if kind is dict:
        return {
            name: value if type(value) in _ATOMS else json_copy(value)
            for name, value in document.items()
        }
    if kind is list or kind is tuple:
        return [value if type(value) in _ATOMS else json_copy(value) for value in document]
    raise TypeError(f"{kind.__name__} is no JSON")


_ATOMS = frozenset({str, int, float, bool, type(None)})
