"""All generated suites of a plan, and how two generations of them differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from leadsync.mapping.plan import SyncPlan
from leadsync.model import SYSTEMS, Json
from leadsync.validation.documents import suite_document
from leadsync.validation.generate import rules_for
from leadsync.validation.model import OPERATIONS


@lru_cache(maxsize=8)
def generated_suites(plan: SyncPlan) -> dict[str, Json]:
    """Return the suites of all tables, both targets and operations, by name."""
    documents = (
        suite_document(rules)
        for target in SYSTEMS
        for table in plan.tables
        for operation in OPERATIONS
        if (rules := rules_for(plan, table, target, operation)).rules
    )
    return {document["name"]: document for document in documents}


def differences(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[str]:
    """Return a line for every rule that came (``+``), went (``-``) or changed (``~``)."""
    return [
        line
        for name in dict.fromkeys((*before, *after))
        for line in _differences_of(name, _by_id(before.get(name)), _by_id(after.get(name)))
    ]


def _differences_of(
    name: str, before: Mapping[str, Json], after: Mapping[str, Json]
) -> Iterator[str]:
    for key, expectation in before.items():
        if key not in after:
            yield f"- {name}: {expectation['description']}"
        elif expectation != after[key]:
            yield f"~ {name}: {_change(expectation, after[key])}"
    for key, expectation in after.items():
        if key not in before:
            yield f"+ {name}: {expectation['description']}"


def _change(before: Json, after: Json) -> str:
    parts = []
    if before["description"] != after["description"]:
        parts.append(f"{before['description']} Now: {after['description']}")
    else:
        parts.append(after["description"])
    parts.extend(_changed_options(before["kwargs"], after["kwargs"]))
    policies = (before["meta"]["policy"], after["meta"]["policy"])
    if policies[0] != policies[1]:
        parts.append(f"Policy {policies[0]}, now {policies[1]}.")
    return " ".join(parts)


def _changed_options(before: Json, after: Json) -> Iterator[str]:
    old, new = before.get("value_set", []), after.get("value_set", [])
    if added := [code for code in new if code not in old]:
        yield f"Options added: {', '.join(map(str, added))}."
    if gone := [code for code in old if code not in new]:
        yield f"Options gone: {', '.join(map(str, gone))}."


def _by_id(suite: Json | None) -> dict[str, Json]:
    return {one["id"]: one for one in suite["expectations"]} if suite else {}
