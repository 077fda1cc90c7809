"""Builds query strings: select lists, string literals, ``In`` filters and their chunks.

Rules of reference/dataverse-webapi.md 4.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import quote

from leadsync.clock import format_instant

#: Conditions that one query may have (4.3).
MAX_VALUES = 500
#: Characters of one address: 32,768 less the organisation's host and version (4.4).
MAX_LENGTH = 32_000
#: Characters of a string that ``In`` takes (4.3); longer ones fit no e-mail column.
MAX_IN_STRING = 850
PAGE_SIZE = 5000

_UNESCAPED = "(),='$"


def literal(text: str) -> str:
    """Return ``text`` as an OData string literal: ``O'Brian`` becomes ``'O''Brian'``."""
    return "'" + text.replace("'", "''") + "'"


def resource(path: str, **options: str | None) -> str:
    """Return ``path`` with query options, percent-encoded; ``None`` options are left out.

    :param options: names without the dollar sign, such as ``select``.
    """
    written = [f"${name}={encoded(text)}" for name, text in options.items() if text is not None]
    return f"{path}?{'&'.join(written)}" if written else path


def encoded(text: str) -> str:
    """Return a query option's value in percent-encoding, so that ``+``, ``&``, ``#`` survive."""
    return quote(text, safe=_UNESCAPED)


def select_list(columns: Sequence[str]) -> str:
    """Return a ``$select`` value; doubles, which the service refuses, are dropped."""
    return ",".join(dict.fromkeys(columns))


def any_of(column: str, values: Sequence[str]) -> str:
    """Return a filter for rows whose ``column`` is one of ``values``, as the service compares."""
    listed = json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))
    name = literal(column)
    return f"Microsoft.Dynamics.CRM.In(PropertyName={name},PropertyValues={listed})"


def containing(column: str, parts: Sequence[str]) -> str:
    """Return a filter for rows whose text ``column`` contains one of ``parts``."""
    return " or ".join(f"contains({column},{literal(part)})" for part in parts)


def modified_between(start: datetime, end: datetime) -> str:
    """Return a filter for ``start <= modifiedon < end``."""
    return f"modifiedon ge {format_instant(start)} and modifiedon lt {format_instant(end)}"


def chunked(values: Sequence[str], room: int) -> Iterator[list[str]]:
    """Split ``values`` so that each chunk fits one ``In`` filter.

    :param room: characters that the encoded values of one chunk may take.
    """
    chunk: list[str] = []
    used = 0
    for value in values:
        length = len(encoded(json.dumps(value, ensure_ascii=False))) + 1
        if chunk and (len(chunk) == MAX_VALUES or used + length > room):
            yield chunk
            chunk, used = [], 0
        chunk.append(value)
        used += length
    if chunk:
        yield chunk
