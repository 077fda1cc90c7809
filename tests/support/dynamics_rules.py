"""What a strict Dataverse would refuse or complain about in our requests.

Each rule names its section of reference/dataverse-webapi.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from leadsync.model import DynamicsColumn, DynamicsTable
from support.recorded import Exchange

ROOT = "/api/data/v9.2/"
GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
OPTIONS = {"$select", "$filter", "$orderby", "$expand", "$deltatoken", "$skiptoken"}
PREFERENCES = {
    "return=representation",
    "odata.track-changes",
    "odata.continue-on-error",
    "odata.maxpagesize=5000",
    "odata.maxpagesize=1",
}
SERVER_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Part:
    """One request inside a batch, taken apart to the letter."""

    method: str
    address: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class DynamicsRules:
    """The rules, with the metadata of the tables by entity set."""

    tables: Mapping[str, DynamicsTable]

    def problems(self, exchange: Exchange) -> list[str]:
        """Return what is wrong with a request, each with the call it was found in."""
        call = f"{exchange.method} {exchange.path}"
        found = _token(exchange) if "/oauth2/" in exchange.path else self._all(exchange)
        return [f"{call}: {problem}" for problem in found]

    def _all(self, exchange: Exchange) -> Iterator[str]:
        yield from _headers(exchange)
        if not exchange.path.startswith(ROOT) or "//" in exchange.path:
            yield "outside of the service root (section 2.1)"
            return
        if exchange.read_timeout <= SERVER_SECONDS:
            yield "gives up before the server does"
        if exchange.path == f"{ROOT}$batch":
            for part in parts_of(exchange):
                yield from self._part(part)
            return
        resource = exchange.path.removeprefix(ROOT)
        yield from self._query(resource, exchange.query, exchange.headers.get("prefer", ""), 32_768)
        yield from _body(exchange)

    def _part(self, part: Part) -> Iterator[str]:
        path, _, query = part.address.partition("?")
        if not path.startswith(ROOT):
            yield f"inner address {part.address} is not below {ROOT} (section 11)"
            return
        resource = path.removeprefix(ROOT)
        yield from self._query(resource, query, part.headers.get("prefer", ""), 65_536)
        if set(part.headers) & {"authorization", "host", "content-length"}:
            yield "inner headers that belong to the outer request (section 1.2)"
        if part.method == "GET":
            yield from ["inner GET with a body"] if part.body else []
            return
        if part.headers.get("content-type") != "application/json; type=entry":
            yield "inner Content-Type (section 11)"
        yield from self._write(part, resource)

    def _write(self, part: Part, resource: str) -> Iterator[str]:
        if part.method == "PATCH":
            condition = part.headers.get("if-match", "")
            if not re.fullmatch(r'W/"\d+"|\*', condition):
                yield f"If-Match {condition!r}: an update without it would create (section 6.1)"
            if not re.fullmatch(rf"\w+\({GUID}\)", resource):
                yield f"row address {resource} (section 2.1)"
        table = self.tables[resource.split("(", maxsplit=1)[0]]
        body = json.loads(part.body)
        if not body:
            yield "a write of nothing"
        for name, value in body.items():
            column = table.columns.get(name)
            if name == table.primary_id and part.method == "POST":
                yield from [] if re.fullmatch(GUID, value) else [f"client id {value}"]
            elif column is None or column.computed or not column.for_update:
                yield f"writes {name}, which is unknown or read-only (section 9)"
            elif not _fits(column, value):
                yield f"{name} is {value!r}, no {column.type} (section 3.1)"

    def _query(self, resource: str, query: str, prefer: str, longest: int) -> Iterator[str]:
        if re.search(r"[+ \"<>\[\]]", query) or not query.isascii():
            yield "a character in the query that is not encoded (section 4.3)"
        if len(ROOT) + len(resource) + len(query) > longest:
            yield "address too long (section 4.4)"
        options = dict(parse_qsl(query, keep_blank_values=True))
        if unknown := set(options) - OPTIONS:
            yield f"query options {sorted(unknown)} (section 4.1)"
        if unknown := set(filter(None, re.split(r",\s*", prefer))) - PREFERENCES:
            yield f"Prefer {sorted(unknown)} (section 2.2)"
        forbidden = {"$filter", "$orderby", "$expand"} & set(options)
        if "track-changes" in prefer and forbidden:
            yield f"{sorted(forbidden)} with change tracking (section 10.1)"
        entity_set = resource.split("(", maxsplit=1)[0]
        if entity_set in self.tables:
            yield from self._columns(self.tables[entity_set], options)

    def _columns(self, table: DynamicsTable, options: Mapping[str, str]) -> Iterator[str]:
        readable = {column.read_name for column in table.columns.values()}
        selected = options.get("$select", "").split(",")
        if unknown := [name for name in selected if name not in readable]:
            yield f"selects {unknown}, which {table.name} does not have (section 4.3)"
        if len(set(selected)) < len(selected):
            yield "selects a column twice"
        listed = re.search(r"PropertyValues=(\[.*\])", options.get("$filter", ""))
        if listed and not 0 < len(json.loads(listed.group(1))) <= 500:
            yield "an In filter of none or more than 500 values (section 4.3)"


def parts_of(exchange: Exchange) -> list[Part]:
    """Take a batch apart as section 11.1 writes it.

    :raises AssertionError: a line, a boundary or a header is not as it has to be.
    """
    typed = exchange.headers["content-type"]
    found = re.fullmatch(r'multipart/mixed; ?boundary="([\w-]+)"', typed)
    assert found, typed
    delimiter = b"--" + found.group(1).encode()
    first, *sections, last = exchange.body.split(delimiter)
    assert (first, last.strip()) == (b"", b"--")
    assert 0 < len(sections) <= 1000
    return [_part_of(section) for section in sections]


def _part_of(section: bytes) -> Part:
    assert section.startswith(b"\r\n")
    assert section.endswith(b"\r\n")
    assert section.count(b"\n") == section.count(b"\r\n")
    envelope, request = section[2:-2].split(b"\r\n\r\n", 1)
    assert envelope.split(b"\r\n") == [
        b"Content-Type: application/http",
        b"Content-Transfer-Encoding: binary",
    ]
    head, body = request.split(b"\r\n\r\n", 1)
    line, *headers = head.decode("ascii").split("\r\n")
    method, address, version = line.split(" ")
    assert version == "HTTP/1.1"
    named = (header.split(": ", 1) for header in headers)
    return Part(method, address, {name.lower(): value for name, value in named}, body)


def _token(exchange: Exchange) -> Iterator[str]:
    """Check the request for a token (section 1.1)."""
    form = dict(parse_qsl(exchange.body.decode()))
    if set(form) != {"grant_type", "client_id", "client_secret", "scope"}:
        yield f"form fields {sorted(form)}"
    if form.get("scope") != f"{exchange.origin}/.default":
        yield f"scope {form.get('scope')}"
    if exchange.headers.get("content-type") != "application/x-www-form-urlencoded":
        yield "no form"
    if exchange.query:
        yield "a query, which would be logged on the way"


def _headers(exchange: Exchange) -> Iterator[str]:
    """Check the headers of section 2.2."""
    headers = exchange.headers
    wanted = {"accept": "application/json", "odata-version": "4.0", "odata-maxversion": "4.0"}
    for name, value in wanted.items():
        if headers.get(name) != value:
            yield f"{name} is {headers.get(name)!r}"
    if not headers.get("authorization", "").startswith("Bearer "):
        yield "no token"
    if headers.get("if-none-match", "null") != "null":
        yield "If-None-Match"
    if exchange.method == "GET" and "if-none-match" not in headers:
        yield "a GET that may be answered from the cache (quirk 27)"
    if "cookie" in headers:
        yield "cookies, which pin us to one server (section 14)"


def _body(exchange: Exchange) -> Iterator[str]:
    typed = exchange.headers.get("content-type")
    if exchange.method == "GET" and (exchange.body or typed):
        yield "GET with a body or a Content-Type"
    if exchange.method == "POST" and typed != "application/json; charset=utf-8":
        yield f"Content-Type {typed} (section 2.2)"
    if exchange.body:
        json.loads(exchange.body.decode("ascii"))


def _fits(column: DynamicsColumn, value: Any) -> bool:
    if value is None:
        return True
    if column.type in ("String", "Memo"):
        return isinstance(value, str) and 0 < len(value) <= (column.max_length or 2**20)
    if column.type in ("Picklist", "State", "Status"):
        return type(value) is int and value in {option.value for option in column.options}
    if column.type == "Boolean":
        return type(value) is bool
    if column.type == "Integer":
        return type(value) is int and -(2**31) <= value < 2**31
    if column.type in ("Double", "Decimal", "Money"):
        return type(value) in (int, float)
    if column.type == "DateTime":
        dated = r"\d{4}-\d\d-\d\d"
        whole = dated if column.date_behavior == "DateOnly" else dated + r"T\d\d:\d\d:\d\dZ"
        return isinstance(value, str) and bool(re.fullmatch(whole, value))
    return False
