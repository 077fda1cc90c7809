"""Paging tokens: base32 text with ``=`` padding that carries a datetime or filter and a position.

reference/marketo-rest.md 3.4: opaque to clients, which must store, URL-encode and send them back.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass
from datetime import datetime

from leadsync_sandbox.common.settings import Settings
from leadsync_sandbox.marketo.envelope import MarketoError


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a feed or result: everything behind number ``after``.

    :param since: earliest instant, exclusive, as ``2026-01-31T10:00:00Z``; or a query's mark.
    :param issued: when the token was handed out, in seconds since 1970; 0 when it never expires.
    """

    since: str
    after: int
    issued: int = 0


def write_token(position: Position) -> str:
    """Return the token for a position."""
    plain = f"{position.since},{position.after},{position.issued}".encode()
    signed = f"{zlib.crc32(plain):08x}".encode() + plain
    blank_fill = b" " * ((2 - len(signed)) % 5)
    return base64.b32encode(signed + blank_fill).decode()


def read_token(token: str, settings: Settings) -> Position:
    """Return a token's position.

    :raises MarketoError: with the code of setting ``invalid_token_code`` for a token that is
        damaged, for example because its ``=`` or ``+`` was not URL-encoded.
    """
    try:
        signed = base64.b32decode(token)
        plain = signed[8:].rstrip(b" ")
        if int(signed[:8], 16) != zlib.crc32(plain):
            raise ValueError("damaged")
        since, after, issued = plain.decode().rsplit(",", 2)
        return Position(since, int(after), int(issued))
    except (ValueError, binascii.Error) as problem:
        raise invalid_token(token, settings) from problem


def read_fresh_token(token: str, now: datetime, settings: Settings) -> Position:
    """Return a feed token's position.

    :raises MarketoError: it is damaged, or older than setting ``paging_token_days``.
    """
    position = read_token(token, settings)
    days = int(settings["paging_token_days"])
    if days and now.timestamp() - position.issued > days * 86_400:
        raise invalid_token(token, settings)
    return position


def invalid_token(token: str, settings: Settings) -> MarketoError:
    """Return the refusal of a token, with the code of setting ``invalid_token_code``."""
    code = str(settings["invalid_token_code"])
    return MarketoError(code, f"Invalid value for nextPageToken: '{token[:40]}'")
