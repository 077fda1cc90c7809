"""Raw JSON values as text: cleaned strings, and other values as people can read them."""

from __future__ import annotations

import json
import unicodedata

_LONGEST_INTEGER_BITS = 256


def clean(text: str) -> str:
    """Return ``text`` in NFC with LF line ends and without NUL (semantics.md 6, S069).

    Half a surrogate pair, which JSON can carry but no store can, becomes U+FFFD.
    """
    if text.isascii():
        if text.isprintable():
            return text
        return _unix_lines(text.replace("\0", ""))
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", _unix_lines(whole.replace("\0", "")))


def raw_text(raw: object) -> str:
    """Return any JSON value as text, for the invalid mark."""
    if isinstance(raw, str):
        return clean(raw)
    if isinstance(raw, int) and raw.bit_length() > _LONGEST_INTEGER_BITS:
        return f"an integer of {raw.bit_length()} bits"
    return clean(json.dumps(raw, ensure_ascii=False, default=str))


def _unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
