"""How long a text may be, in what each system counts.

Marketo counts characters, and UTF-8 bytes in text areas; Dynamics counts UTF-16 code units, of
which a character outside the basic plane, such as an emoji, takes two.
"""

from __future__ import annotations

from typing import NamedTuple

from leadsync.model import DynamicsColumn, MarketoField

#: reference/marketo-rest.md 6.1: text areas hold 30,000 bytes.
MARKETO_TEXT_BYTES = 30_000
_AREAS = ("text", "textarea")


def marketo_bytes(field: MarketoField) -> int | None:
    """Return the most UTF-8 bytes that the field holds, where bytes count."""
    return MARKETO_TEXT_BYTES if field.data_type.lower() in _AREAS else None


class TextLimits(NamedTuple):
    """The most that a text may hold; ``None`` is no limit.

    :param units: UTF-16 code units.
    :param octets: bytes of UTF-8.
    """

    characters: int | None = None
    units: int | None = None
    octets: int | None = None


def field_limits(field: MarketoField, column: DynamicsColumn) -> TextLimits:
    """Return the most that both sides can hold."""
    return TextLimits(field.length, column.max_length, marketo_bytes(field))


def utf16_units(text: str) -> int:
    """Return the number of UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def cut(value: str, limits: TextLimits) -> str:
    """Return the longest beginning of ``value`` within all ``limits``, of whole characters."""
    characters, units, octets = limits
    short = value if characters is None else value[:characters]
    if units is not None and len(short) * 2 > units:
        short = short.encode("utf-16-le")[: units * 2].decode("utf-16-le", errors="ignore")
    if octets is not None and len(short) * 4 > octets:
        short = short.encode()[:octets].decode(errors="ignore")
    return short
