"""Cuts a filter expression into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from leadsync_sandbox.dynamics.errors import query_error

_GUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_TOKEN = re.compile(
    rf"""\s*(?:
      (?P<typed>\w+(?:\.\w+)*'(?:[^']|'')*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<array>\[(?:"(?:[^"\\]|\\.)*"|[^\]"])*\])
    | (?P<guid>{_GUID})
    | (?P<time>\d{{4}}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)
    | (?P<date>\d{{4}}-\d\d-\d\d)
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<name>[@$]?[A-Za-z_]\w*(?:\.\w+)*)
    | (?P<mark>[(),/=:])
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token with its kind and where it stands in the expression."""

    kind: str
    text: str
    position: int


def tokenise(expression: str) -> list[Token]:
    """Return the tokens of an expression, closed by one of kind ``end``.

    :raises ApiError: 400 ``0x80060888`` at the first character that starts no token.
    """
    tokens: list[Token] = []
    position = 0
    text = expression.rstrip()
    while position < len(text):
        matched = _TOKEN.match(text, position)
        if not matched or matched.lastgroup is None:
            raise query_error(f"Syntax error at position {position} in '{expression}'.")
        kind = matched.lastgroup
        tokens.append(Token(kind, matched[kind], matched.start(kind)))
        position = matched.end()
    tokens.append(Token("end", "", len(text)))
    return tokens


def unquote_literal(text: str) -> str:
    """Return the content of a quoted string literal."""
    return text[1:-1].replace("''", "'")
