"""Parses ``$filter``: the grammar of section 4.3 and nothing beyond it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from leadsync_sandbox.dynamics.errors import ApiError, query_error
from leadsync_sandbox.dynamics.query.tokens import Token, tokenise, unquote_literal
from leadsync_sandbox.dynamics.query.tree import (
    Both,
    Comparison,
    Condition,
    LiteralKind,
    Not,
    Operand,
    Path,
    Quantified,
    ServiceFunction,
    TextTest,
    Value,
    count_conditions,
)

_OPERATORS = ("eq", "ne", "gt", "ge", "lt", "le")
_TEXT_FUNCTIONS = ("contains", "startswith", "endswith")
_SERVICE = "Microsoft.Dynamics.CRM."
_CONDITION_LIMIT = 500
_LITERALS: dict[str, LiteralKind] = {"guid": "guid", "time": "time", "date": "date"}


def parse_filter(expression: str, aliases: Mapping[str, str] | None = None) -> Condition:
    """Return the condition that an expression states.

    :param aliases: values of parameter aliases such as ``@p1``, as they stand in the URL.
    :raises ApiError: 400 ``0x80060888`` for what is not in the grammar, ``0x8004430c`` for more
        than 500 conditions.
    """
    parser = _Parser(expression, aliases or {})
    condition = parser.alternatives()
    parser.expect("end")
    if count_conditions(condition) > _CONDITION_LIMIT:
        raise ApiError(400, "0x8004430c", "Number of conditions in query exceeded maximum limit.")
    return condition


class _Parser:
    def __init__(self, expression: str, aliases: Mapping[str, str]) -> None:
        self._expression = expression
        self._aliases = aliases
        self._tokens = tokenise(expression)
        self._at = 0
        self._variables: list[str] = []

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._token
        self._at += 1
        return token

    def _skip(self, text: str) -> bool:
        if self._token.text == text and self._token.kind in ("name", "mark"):
            self._at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        """Take the token ``text``, or the end."""
        if not (text == "end" and self._token.kind == "end") and not self._skip(text):
            raise self._error()

    def _error(self) -> ApiError:
        return query_error(
            f"Syntax error at position {self._token.position} in '{self._expression}'."
        )

    def alternatives(self) -> Condition:
        """Parse conditions joined by ``or``."""
        return self._joined("or", lambda: self._joined("and", self._negated))

    def _joined(self, word: str, parse: Any) -> Condition:
        parts = [parse()]
        while self._skip(word):
            parts.append(parse())
        return parts[0] if len(parts) == 1 else Both(word, tuple(parts))

    def _negated(self) -> Condition:
        if self._skip("not"):
            return Not(self._negated())
        if self._skip("("):
            inner = self.alternatives()
            self.expect(")")
            return inner
        return self._single()

    def _single(self) -> Condition:
        token = self._token
        called = self._tokens[self._at + 1].text == "(" if token.kind == "name" else False
        if called and token.text in _TEXT_FUNCTIONS:
            return self._text_test()
        if called and token.text.startswith(_SERVICE):
            return self._service_function()
        if called:
            raise query_error(f"An unknown function with name '{token.text}' was found.")
        left = self._operand()
        if isinstance(left, Path) and left.names[-1] in ("any", "all") and self._skip("("):
            return self._quantified(left)
        return self._comparison(left)

    def _comparison(self, left: Operand) -> Condition:
        op = self._take().text
        if op not in _OPERATORS:
            self._at -= 1
            raise self._error()
        return Comparison(op, left, self._operand())

    def _text_test(self) -> Condition:
        function = self._take().text
        self.expect("(")
        path = self._operand()
        self.expect(",")
        value = self._operand()
        self.expect(")")
        if self._skip("eq"):
            self.expect("true")
        if not isinstance(path, Path) or not isinstance(value, Value) or value.kind != "string":
            raise self._error()
        return TextTest(function, path, value.content)

    def _service_function(self) -> Condition:
        name = self._take().text.removeprefix(_SERVICE)
        self.expect("(")
        arguments: list[tuple[str, Any]] = []
        while not self._skip(")"):
            argument = self._take().text
            self.expect("=")
            arguments.append((argument, self._argument()))
            self._skip(",")
        return ServiceFunction(name, tuple(arguments))

    def _argument(self) -> Any:
        token = self._take()
        if token.kind == "array":
            return _array(token.text)
        if token.kind == "name" and token.text.startswith("@"):
            return _array(self._aliases.get(token.text, "null"))
        if token.kind == "string":
            return unquote_literal(token.text)
        if token.kind == "number":
            return json.loads(token.text)
        if token.kind in ("guid", "time", "date"):
            return token.text
        raise self._error()

    def _quantified(self, left: Path) -> Condition:
        path, quantifier = Path(left.names[:-1]), left.names[-1]
        if self._skip(")"):
            return Quantified(path, quantifier, None)
        self._variables.append(self._take().text)
        self.expect(":")
        inner = self.alternatives()
        self.expect(")")
        self._variables.pop()
        return Quantified(path, quantifier, inner)

    def _operand(self) -> Operand:
        token = self._take()
        if token.kind == "string":
            return Value("string", unquote_literal(token.text))
        if token.kind == "typed":
            return self._typed(token)
        if token.kind == "number":
            return Value("number", json.loads(token.text))
        if token.kind in _LITERALS:
            return Value(_LITERALS[token.kind], token.text)
        if token.kind == "name":
            return self._named(token.text)
        self._at -= 1
        raise self._error()

    def _named(self, name: str) -> Operand:
        if name == "null":
            return Value("null", None)
        if name in ("true", "false"):
            return Value("boolean", name == "true")
        if name.startswith("@"):
            if name not in self._aliases:
                return Value("null", None)
            return _Parser(self._aliases[name], {})._operand()
        names = [name]
        while self._skip("/"):
            names.append(self._take().text)
        if names[0] in self._variables and len(names) > 1:
            names = names[1:]
        return Path(tuple(names))

    @staticmethod
    def _typed(token: Token) -> Operand:
        prefix, _, rest = token.text.partition("'")
        if not prefix.startswith(_SERVICE):
            raise query_error(
                f"Unrecognized 'Edm.String' literal '{token.text}' at '{token.position}' in "
                f"'{token.text}'."
            )
        return Value("string", rest[:-1])


def _array(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise query_error(f"Invalid JSON array '{text}' in the query.") from None
