"""Keeps secrets and personal data out of logs.

Masked are e-mail addresses, telephone numbers as people write them, secrets by the name before
them, tokens, credentials in URLs, and every secret that :func:`hide_secret` was told. Names of
people cannot be told from other words: code must not log them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

MASK = "***"
_SHORTEST_SECRET = 6
_FEWEST_PHONE_DIGITS = 7

_hidden: set[str] = set()

_CONFIDENTIAL = (
    r"client[_-]?secret|secret|password|passwd|pwd|access[_-]?token|refresh[_-]?token|token"
    r"|api[_-]?key|client[_-]?assertion|assertion|authorization|signature|sig"
)
#: an equals sign is part of an address only right before the at sign: else it ends a name.
_EMAIL = re.compile(r"(?:[\w.!#$%&'*+/?^`{|}~-]+=*|=+)(?:@|%40)(?:[\w-]+\.)+[\w-]{2,}")
_URL_CREDENTIALS = re.compile(r"(?<=://)[^\s/@]+@")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}")
_JSON_WEB_TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+\.?[\w-]*")
_NAMED = re.compile(
    rf"(?i)\b({_CONFIDENTIAL})(['\"]?\s*[=:]\s*)(?:\"[^\"]*\"|'[^']*'|[^\s,;&)}}\]]+)"
)
#: international with ``+``; national with the area in brackets; groups with a leading zero or of
#: three and more digits. Dates, times, GUIDs and plain numbers such as ids are none of these.
_PHONE = re.compile(
    r"(?<![\w+.:-])(?:"
    r"\+\d[\d ()./\u00a0-]{5,20}\d"
    r"|\(\d{2,5}\)[ -]?\d[\d -]{3,12}\d"
    r"|0\d{1,4}[ /-]\d{2,4}(?:[ -]\d{2,4}){1,3}"
    r"|\d{3}[ .-]\d{3}[ .-]\d{4}"
    r")(?![\w:-])"
)


def redact(text: str) -> str:
    """Return ``text`` with secrets and personal data masked."""
    for secret in sorted(_hidden, key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = _URL_CREDENTIALS.sub(f"{MASK}@", text)
    text = _BEARER.sub(rf"\1 {MASK}", text)
    text = _JSON_WEB_TOKEN.sub(MASK, text)
    text = _NAMED.sub(rf"\1\2{MASK}", text)
    text = _EMAIL.sub(f"{MASK}@{MASK}", text)
    return _PHONE.sub(_masked_phone, text)


def hide_secret(secret: str | None) -> None:
    """Mask ``secret`` wherever it appears from now on; very short ones would mask ordinary text."""
    if secret and len(secret) >= _SHORTEST_SECRET:
        _hidden.add(secret)


class RedactingFilter(logging.Filter):
    """Masks a record's message and traceback before a handler writes them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the record; never drops one."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            return True  # the handler reports the wrong arguments by itself
        clean = redact(message)
        if clean != message:
            record.msg, record.args = clean, ()
        _redact_traceback(record)
        return True


def install_redaction(logger: logging.Logger | None = None) -> Callable[[], None]:
    """Redact all that the handlers of ``logger`` (default: the root) write.

    Installing twice is the same as once.

    :returns: a function that takes the redaction away again.
    """
    handlers = (logger or logging.getLogger()).handlers
    added = [
        (handler, RedactingFilter())
        for handler in handlers
        if not any(isinstance(present, RedactingFilter) for present in handler.filters)
    ]
    for handler, redacting in added:
        handler.addFilter(redacting)

    def remove() -> None:
        for handler, redacting in added:
            handler.removeFilter(redacting)

    return remove


def _redact_traceback(record: logging.LogRecord) -> None:
    """Replace a traceback that holds something to mask by its masked text."""
    if not record.exc_info:
        return
    traceback = logging.Formatter().formatException(record.exc_info)
    clean = redact(traceback)
    if clean != traceback:
        record.exc_info, record.exc_text = None, clean


def _masked_phone(found: re.Match[str]) -> str:
    digits = sum(character.isdigit() for character in found[0])
    return MASK if digits >= _FEWEST_PHONE_DIGITS else found[0]
