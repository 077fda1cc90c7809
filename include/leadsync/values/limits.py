"""How long a text may be: characters on both sides, UTF-8 bytes of Marketo's text areas."""

from __future__ import annotations

from leadsync.model import DynamicsColumn, MarketoField

#: reference/marketo-rest.md 6.1: text areas hold 30,000 bytes.
MARKETO_TEXT_BYTES = 30_000
_AREAS = ("text", "textarea")


def marketo_bytes(field: MarketoField) -> int | None:
    """Return the most UTF-8 bytes that the field holds, where bytes count."""
    return MARKETO_TEXT_BYTES if field.data_type.lower() in _AREAS else None


def field_limits(field: MarketoField, column: DynamicsColumn) -> tuple[int | None, int | None]:
    """Return the most characters and bytes that both sides can hold; ``None`` is no limit."""
    lengths = [length for length in (field.length, column.max_length) if length is not None]
    return min(lengths, default=None), marketo_bytes(field)


def cut(value: str, characters: int | None = None, octets: int | None = None) -> str:
    """Cut a text to at most ``characters`` and ``octets`` of UTF-8, never inside a character."""
    short = value if characters is None else value[:characters]
    if octets is None or len(short) * 4 <= octets:
        return short
    return short.encode()[:octets].decode(errors="ignore")
