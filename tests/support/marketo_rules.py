"""What a strict Marketo would refuse or complain about in our requests.

Each rule names its section of reference/marketo-rest.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from leadsync.model import MarketoField
from support.recorded import Exchange

INT32 = 2**31
CUSTOM_ACTIVITIES = "/rest/v1/activities/external"
PAGED = {"batchSize", "nextPageToken"}


@dataclass(frozen=True)
class Endpoint:
    """An endpoint that we use, with its parameters and its own time-out in seconds."""

    method: str
    path: str
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    body: str = ""
    seconds: int = 30


def _endpoint(
    method: str, path: str, needs: str = "", may: set[str] | None = None, **rest: Any
) -> Endpoint:
    return Endpoint(method, path, frozenset(needs.split()), frozenset(may or ()), **rest)


ENDPOINTS = (
    _endpoint("GET", "/identity/oauth/token", "grant_type client_id client_secret"),
    _endpoint("GET", "/rest/v1/leads/describe.json"),
    _endpoint("GET", "/rest/v1/leads/describe2.json"),
    _endpoint("GET", "/rest/v1/leads/schema/fields.json", may=PAGED),
    _endpoint("POST", "/rest/v1/leads/schema/fields.json", body="json"),
    _endpoint("GET", "/rest/v1/stats/usage.json"),
    _endpoint(
        "GET", "/rest/v1/leads.json", "filterType filterValues", {"fields", *PAGED}, seconds=60
    ),
    _endpoint("POST", "/rest/v1/leads.json", body="json", seconds=90),
    _endpoint("GET", "/rest/v1/activities/pagingtoken.json", "sinceDatetime", seconds=300),
    _endpoint("GET", "/rest/v1/activities/leadchanges.json", "nextPageToken fields", PAGED),
    _endpoint("GET", "/rest/v1/activities/deletedleads.json", "nextPageToken", PAGED),
    _endpoint("GET", "/rest/v1/activities.json", "nextPageToken activityTypeIds", PAGED),
    _endpoint("GET", f"{CUSTOM_ACTIVITIES}/types.json"),
    _endpoint("POST", f"{CUSTOM_ACTIVITIES}/type.json", body="json"),
    *(
        _endpoint("POST", f"{CUSTOM_ACTIVITIES}/type/{name}/{call}.json", body="json")
        for name in ("leadsyncSyncFailed", "leadsyncSyncRecovered")
        for call in ("attributes/create", "approve")
    ),
)


@dataclass(frozen=True)
class MarketoRules:
    """The rules, with the instance's fields and the fields that can be searched."""

    fields: Mapping[str, MarketoField]
    searchable: frozenset[str]

    def problems(self, exchange: Exchange) -> list[str]:
        """Return what is wrong with a request, each with the call it was found in."""
        call = f"{exchange.method} {exchange.path}"
        return [f"{call}: {problem}" for problem in self._all(exchange)]

    def _all(self, exchange: Exchange) -> Iterator[str]:
        yield from _transport(exchange)
        effective, parameters = _effective(exchange)
        known = [e for e in ENDPOINTS if (e.method, e.path) == (effective, exchange.path)]
        if not known:
            yield "no documented endpoint (section 1)"
            return
        yield from _parameters(known[0], parameters)
        if exchange.read_timeout <= known[0].seconds:
            yield f"gives up before the server's {known[0].seconds} s (section 5)"
        yield from self._query(parameters)
        if (exchange.method, exchange.path) == ("POST", "/rest/v1/leads.json") and (
            effective == "POST"
        ):
            yield from self._sync(json.loads(exchange.body))

    def _query(self, parameters: Mapping[str, str]) -> Iterator[str]:
        unknown = [
            name
            for name in parameters.get("fields", "id").split(",")
            if name != "id" and name not in self.fields
        ]
        if unknown:
            yield f"asks for unknown fields {unknown} (1006, section 7.2)"
        if parameters.get("filterType", "id") not in self.searchable:
            yield f"filters by {parameters['filterType']}, which is not searchable (section 7.1)"
        values = parameters.get("filterValues", "x").split(",")
        if len(values) > 300 or len(set(values)) < len(values) or not all(values):
            yield f"{len(values)} filter values, empty, repeated or too many (section 5)"
        if int(parameters.get("batchSize", 300)) > 300:
            yield "batchSize above 300 (section 5)"
        since = parameters.get("sinceDatetime", "2026-01-01T00:00:00Z")
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", since):
            yield f"sinceDatetime {since} (section 6.2)"

    def _sync(self, body: dict[str, Any]) -> Iterator[str]:
        records, lookup = body["input"], body["lookupField"]
        if set(body) != {"action", "lookupField", "input"}:
            yield f"members {sorted(body)} (section 7.3)"
        if body["action"] not in ("createOrUpdate", "createOnly", "updateOnly"):
            yield f"action {body['action']} (section 7.3)"
        if lookup not in self.searchable:
            yield f"looks up by {lookup}, which is not searchable (1011)"
        keys = [str(record.get(lookup)).lower() for record in records]
        if not 0 < len(records) <= 300 or len(set(keys)) < len(keys) or "none" in keys:
            yield "1 to 300 records, each with a key of its own (section 7.3)"
        for record in records:
            if "id" in record and (body["action"], lookup) != ("updateOnly", "id"):
                yield "id with another action than updateOnly by id (1003)"
            yield from self._record(record)

    def _record(self, record: dict[str, Any]) -> Iterator[str]:
        for name, value in record.items():
            field = self.fields.get(name)
            if field is None or (field.read_only and name != "id"):
                yield f"writes {name}, which is unknown or read-only (1006, section 7.1)"
            elif not _fits(field, value):
                yield f"{name} is {value!r}, no {field.data_type} (section 6.1)"


def _transport(exchange: Exchange) -> Iterator[str]:
    """Check what holds for every call (sections 1, 2 and 24)."""
    headers, identity = exchange.headers, exchange.path == "/identity/oauth/token"
    if "//" in exchange.path or "/rest/bulk" in exchange.path:
        yield "double slash, or /rest before /bulk"
    if "access_token" in exchange.query:
        yield "token in the address"
    if headers.get("authorization", "").startswith("Bearer ") is identity:
        yield "Authorization: a token on every call but the one that asks for it"
    if "gzip" not in headers.get("accept-encoding", ""):
        yield "no Accept-Encoding: gzip"
    if re.search(r"[+ \"<>]", exchange.query):
        yield "a character in the query that means something else there"
    if len(exchange.path) + len(exchange.query) >= 8_000 or len(exchange.body) > 1_000_000:
        yield "address or body too long (414, 413)"
    typed = headers.get("content-type")
    if exchange.method == "GET" and (exchange.body or typed):
        yield "GET with a body or a Content-Type"
    if exchange.method == "POST" and typed not in (
        "application/json",
        "application/x-www-form-urlencoded",
    ):
        yield f"Content-Type {typed} (612)"


def _effective(exchange: Exchange) -> tuple[str, dict[str, str]]:
    """Return the method that Marketo sees, and the parameters (section 1, URI limit)."""
    pairs = parse_qsl(exchange.query, keep_blank_values=True)
    if exchange.headers.get("content-type") == "application/x-www-form-urlencoded":
        form = dict(parse_qsl(exchange.body.decode(), keep_blank_values=True))
        return str(form.pop("_method", exchange.method)), {**dict(pairs), **form}
    return exchange.method, dict(pairs)


def _parameters(endpoint: Endpoint, given: Mapping[str, str]) -> Iterator[str]:
    if missing := endpoint.required - set(given):
        yield f"lacks {sorted(missing)} (1002)"
    if unknown := set(given) - endpoint.required - endpoint.optional:
        yield f"sends undocumented parameters {sorted(unknown)}"


def _fits(field: MarketoField, value: Any) -> bool:
    if value is None:
        return True
    check = _CHECKS.get(field.data_type, _is_text)
    return check(value) and (not isinstance(value, str) or len(value) <= (field.length or 30_000))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value


def _is_whole(value: Any) -> bool:
    return type(value) is int and -INT32 <= value < INT32


def _matching(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and bool(re.fullmatch(pattern, value))


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "boolean": lambda value: type(value) is bool,
    **dict.fromkeys(("integer", "score", "percent", "reference"), _is_whole),
    **dict.fromkeys(("float", "currency"), lambda value: type(value) in (int, float)),
    "date": _matching(r"\d{4}-\d\d-\d\d"),
    "datetime": _matching(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    "email": _matching(r"[!-~]+@[!-~]+"),
}
