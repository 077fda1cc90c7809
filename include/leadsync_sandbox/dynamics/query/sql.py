"""Turns a parsed filter into an SQL condition with SQL's three-valued logic (section 4.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from leadsync_sandbox.dynamics.errors import ApiError, query_error, unknown_property
from leadsync_sandbox.dynamics.layout import quoted
from leadsync_sandbox.dynamics.query.collections import find_collection
from leadsync_sandbox.dynamics.query.functions import service_function
from leadsync_sandbox.dynamics.query.tree import (
    Both,
    Comparison,
    Condition,
    Not,
    Path,
    Quantified,
    ServiceFunction,
    TextTest,
    Value,
)
from leadsync_sandbox.dynamics.schema import Column, Table
from leadsync_sandbox.dynamics.session import Session
from leadsync_sandbox.dynamics.values import GUID, to_instant

_SQL_OPERATORS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_ODATA_OPERATORS = {
    "eq": "Equal",
    "ne": "NotEqual",
    "gt": "GreaterThan",
    "ge": "GreaterThanOrEqual",
    "lt": "LessThan",
    "le": "LessThanOrEqual",
}
_NUMBERS = ("Edm.Int32", "Edm.Int64", "Edm.Double", "Edm.Decimal")


@dataclass(slots=True)
class SqlFilter:
    """Compiles conditions on ``table``; ``parameters`` fill the question marks in order."""

    session: Session
    table: Table
    alias: str = "t"
    parameters: list[Any] = field(default_factory=list)

    def condition(self, node: Condition) -> str:
        """Return the SQL of a condition.

        :raises ApiError: 400 ``0x80060888`` for unknown properties and types that do not compare.
        """
        if isinstance(node, Both):
            return "(" + f" {node.word} ".join(self.condition(n) for n in node.conditions) + ")"
        if isinstance(node, Not):
            return f"(NOT {self.condition(node.condition)})"
        if isinstance(node, TextTest):
            return self._text_test(node)
        if isinstance(node, ServiceFunction):
            return self._service(node)
        if isinstance(node, Quantified):
            return self._quantified(node)
        return self._comparison(node)

    def _service(self, node: ServiceFunction) -> str:
        name = node.argument("PropertyName")
        if name is None:
            raise query_error(f"The function '{node.name}' needs PropertyName.")
        sql, column = self._operand(Path(tuple(str(name).split("/"))))
        clause, values = service_function(self.session, node, column, sql)
        self.parameters.extend(values)
        return clause

    def path(self, path: Path) -> tuple[str, Column]:
        """Return the SQL and the column of a property, through lookups where it has several names.

        :raises ApiError: 400 for an unknown property.
        """
        return self._step(self.table, self.alias, path.names)

    def _operand(self, path: Path) -> tuple[str, Column]:
        """Text compares without case, also where it comes from another table."""
        sql, column = self.path(path)
        return (f"{sql} COLLATE NOCASE", column) if column.edm == "Edm.String" else (sql, column)

    def _step(self, table: Table, alias: str, names: tuple[str, ...]) -> tuple[str, Column]:
        column = table.properties.get(names[0])
        if len(names) == 1:
            if column is None:
                raise unknown_property(names[0], table.name)
            return f"{alias}.{quoted(column.name)}", column
        lookup = table.navigation.get(names[0])
        if lookup is None:
            raise unknown_property(names[0], table.name)
        target = self._target(lookup, names[0])
        inner = f"{alias}x"
        sql, found = self._step(target, inner, names[1:])
        return (
            f"(SELECT {sql} FROM {quoted(target.name)} {inner} "
            f"WHERE {inner}.{quoted(target.primary_id)} = {alias}.{quoted(lookup.name)})"
        ), found

    def _target(self, lookup: Column, navigation: str) -> Table:
        name = lookup.navigation[navigation]
        target = self.session.schema.tables.get("systemuser" if name == "principal" else name)
        if target is None:
            raise query_error(f"The table '{name}' is not part of this organization.")
        return target

    def _comparison(self, node: Comparison) -> str:
        left, right = node.left, node.right
        if isinstance(left, Value) and isinstance(right, Path):
            flipped = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
            return self._comparison(Comparison(flipped.get(node.op, node.op), right, left))
        if not isinstance(left, Path):
            raise query_error("A comparison needs a property.")
        sql, column = self._operand(left)
        if isinstance(right, Path):
            other, _ = self.path(right)
            return f"{sql} {_SQL_OPERATORS[node.op]} {other}"
        return self._against(node.op, sql, column, right)

    def _against(self, op: str, sql: str, column: Column, value: Value) -> str:
        if value.kind == "null":
            if op not in ("eq", "ne"):
                return "0"
            return f"{sql} IS {'NOT ' if op == 'ne' else ''}NULL"
        stored = literal(column, value, op)
        if isinstance(stored, str) and not stored.isascii() and column.edm == "Edm.String":
            self.parameters.append(stored.casefold())
            return f"fold({sql}) {_SQL_OPERATORS[op]} ?"
        self.parameters.append(stored)
        return f"{sql} {_SQL_OPERATORS[op]} ?"

    def _text_test(self, node: TextTest) -> str:
        sql, column = self.path(node.path)
        if column.edm != "Edm.String":
            raise query_error(
                f"No function signature for the function with name '{node.function}' matches the "
                f"specified arguments: '{column.edm}', 'Edm.String'."
            )
        before = "" if node.function == "startswith" else "%"
        after = "" if node.function == "endswith" else "%"
        self.parameters.append(f"{before}{node.value}{after}")
        if node.value.isascii() and "[" not in node.value:
            return f"{sql} LIKE ?"
        return f"matches({sql}, ?)"

    def _quantified(self, node: Quantified) -> str:
        if len(node.path.names) != 1:
            raise query_error("Lambda expressions reach one collection only.")
        name = node.path.names[0]
        reached = find_collection(self.session.schema, self.table, name)
        if reached is None:
            raise unknown_property(name, self.table.name)
        child, column = reached
        inner = SqlFilter(self.session, child, f"{self.alias}c", self.parameters)
        link = f"{inner.alias}.{quoted(column.name)} = {self.alias}.{quoted(self.table.primary_id)}"
        body = f"SELECT 1 FROM {quoted(child.name)} {inner.alias} WHERE {link}"
        if node.condition is None:
            return f"EXISTS ({body})"
        condition = inner.condition(node.condition)
        if node.quantifier == "all":
            return f"NOT EXISTS ({body} AND NOT coalesce({condition}, 0))"
        return f"EXISTS ({body} AND {condition})"


def literal(column: Column, value: Value, op: str = "eq") -> Any:
    """Return the stored form of a literal that is compared with ``column``.

    :raises ApiError: 400 when the types do not compare.
    """
    edm, content = column.edm, value.content
    if edm == "Edm.String" and value.kind == "string":
        return content
    if edm == "Edm.Boolean" and value.kind == "boolean":
        return int(content)
    if edm in _NUMBERS and value.kind == "number":
        return content
    if edm == "Edm.Guid" and (value.kind == "guid" or _is_guid_text(value)):
        return content.lower()
    if edm == "Edm.Date" and value.kind == "date":
        return content
    if edm == "Edm.DateTimeOffset" and value.kind in ("time", "date"):
        return _instant(content)
    raise _incompatible(edm, value, op)


def _is_guid_text(value: Value) -> bool:
    return value.kind == "string" and bool(GUID.fullmatch(value.content))


def _instant(text: str) -> str:
    try:
        return to_instant(text if "T" in text else f"{text}T00:00:00Z")
    except ValueError:
        raise query_error(f"Unrecognized 'Edm.DateTimeOffset' literal '{text}'.") from None


def _incompatible(edm: str, value: Value, op: str) -> ApiError:
    found = {"string": "Edm.String", "number": "Edm.Int32", "boolean": "Edm.Boolean"}
    other = found.get(value.kind, f"Edm.{value.kind.title()}")
    return query_error(
        "A binary operator with incompatible types was detected. Found operand types "
        f"'{edm}' and '{other}' for operator kind '{_ODATA_OPERATORS[op]}'."
    )
