"""Row addresses: GUIDs and alternate keys in a URL or a bind (reference 2.1, 6.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from leadsync_sandbox.dynamics import rows
from leadsync_sandbox.dynamics.errors import (
    ApiError,
    missing_key_row,
    missing_row,
    query_error,
    unknown_segment,
)
from leadsync_sandbox.dynamics.schema import Column, Table
from leadsync_sandbox.dynamics.session import Session
from leadsync_sandbox.dynamics.values import GUID, to_storage

#: characters that a key value in a URL cannot hold, even encoded (section 6.2).
UNADDRESSABLE = frozenset("/<>*%&:\\?+")
_PAIR = re.compile(r"\s*(\w+)\s*=\s*('(?:[^']|'')*'|[^,']+)\s*(?:,|$)")
_BOUND = re.compile(r"^(?:https?://[^/]+)?/?(?:api/data/v9\.\d/)?(\w+)\((.*)\)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a row is: its GUID, or the stored values of an alternate key.

    :param text: the key predicate as it was sent, for ``OData-EntityId``.
    """

    table: Table
    text: str
    row_id: str | None
    key: dict[str, Any]

    def locate(self, session: Session) -> rows.Row | None:
        """Return the row, or ``None``."""
        if self.row_id is not None:
            return rows.find(session, self.table, self.row_id)
        found = rows.where(session, self.table, self.key)
        return found[0] if found else None

    def require(self, session: Session) -> rows.Row:
        """Return the row.

        :raises ApiError: 404, ``0x80040217`` or for an alternate key ``0x80060891``.
        """
        found = self.locate(session)
        if found is None:
            raise self.missing()
        return found

    def missing(self) -> ApiError:
        """Return the error for a row that is not there."""
        if self.row_id is None:
            return missing_key_row(self.table.name)
        return missing_row(self.table.name, self.row_id)


def parse_address(table: Table, decoded: str) -> Address:
    """Read a key predicate, percent-decoded and without its parentheses.

    :raises ApiError: 400 for an undefined key or a value that cannot be addressed.
    """
    if GUID.fullmatch(decoded):
        return Address(table, decoded.lower(), decoded.lower(), {})
    pairs = _pairs(decoded)
    if set(pairs) == {table.primary_id} and table.name not in ("systemuser", "team"):
        return _by_primary_key(table, pairs[table.primary_id])
    columns = [(_key_column(table, name), value) for name, value in pairs.items()]
    active = (key for key in table.keys if key.status == "Active")
    names = {column.name for column, _ in columns}
    if not any(set(key.columns) == names for key in active):
        raise _bad_key(table)
    key = {column.name: _key_value(table, column, raw) for column, raw in columns}
    return Address(table, decoded, None, key)


def resolve_bind(session: Session, link: str) -> tuple[Table, str]:
    """Return the table and id that a bind value such as ``/accounts(...)`` or ``$1`` points to.

    :raises ApiError: 404 when the row or the set does not exist, 400 for a malformed link.
    """
    if link.startswith("$"):
        return _reference(session, link[1:])
    matched = _BOUND.match(link)
    if not matched:
        raise query_error(f"Resource not found for the segment '{link}'.")
    table = session.schema.by_set.get(matched[1])
    if table is None:
        raise unknown_segment(matched[1])
    address = parse_address(table, unquote(matched[2]))
    if address.row_id is not None and rows.exists(session, table, address.row_id):
        return table, address.row_id
    found = address.locate(session)
    if found is None:
        raise _missing_bound(address)
    return table, found[table.primary_id]


def _reference(session: Session, content_id: str) -> tuple[Table, str]:
    try:
        return session.references[content_id]
    except KeyError:
        raise query_error(
            f"Content-ID Reference: '${content_id}' does not exist in the batch context."
        ) from None


def _missing_bound(address: Address) -> ApiError:
    if address.row_id is None:
        return address.missing()
    name = address.table.schema_name
    return ApiError(404, "0x80040217", f"Entity '{name}' With Id = {address.row_id} Does Not Exist")


def _pairs(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    position = 0
    while position < len(text):
        matched = _PAIR.match(text, position)
        if not matched:
            raise query_error("Error in query syntax.")
        pairs[matched[1]] = matched[2].strip()
        position = matched.end()
    return pairs


def _by_primary_key(table: Table, value: str) -> Address:
    if not GUID.fullmatch(value):
        raise query_error("Error in query syntax.")
    return Address(table, value.lower(), value.lower(), {})


def _key_column(table: Table, name: str) -> Column:
    column = table.properties.get(name)
    if column is None:
        raise _bad_key(table)
    return column


def _key_value(table: Table, column: Column, raw: str) -> Any:
    is_text = raw.startswith("'")
    if is_text != (column.edm == "Edm.String"):
        raise query_error("Error in query syntax.")
    if is_text:
        value = raw[1:-1].replace("''", "'")
        if UNADDRESSABLE & set(value):
            raise query_error(
                f"The key value of '{column.name}' holds a character of "
                f"{' '.join(sorted(UNADDRESSABLE))} and cannot be addressed by a URL."
            )
        return value
    return to_storage(table, column, _literal(column, raw))


def _literal(column: Column, raw: str) -> Any:
    try:
        if column.edm == "Edm.Int32":
            return int(raw)
        if column.edm == "Edm.Decimal":
            return float(raw)
    except ValueError:
        raise query_error("Error in query syntax.") from None
    return raw


def _bad_key(table: Table) -> ApiError:
    return query_error(
        f"The key in the request URI is not valid for resource '{table.qualified_name}'. Ensure "
        "that the names and number of key properties match the declared or alternate key "
        "properties for the resource."
    )
