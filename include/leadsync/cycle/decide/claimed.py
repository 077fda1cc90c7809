"""Writes, decisions and base moves of claimed values (``merge/claims.py``).

A claim that wins is often written to both sides. The base must not move before both have it: with
one write missing, the other side's old value would look like a change. So the loads leave the base
of such a field alone, and the commit moves it when both writes went through.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from leadsync.cycle.context import Cycle, Engine
from leadsync.merge.claims import Ruling
from leadsync.model import Json, System
from leadsync.state.port import Values
from leadsync.values.marks import shown

UNSETTLED = "unsettled"
#: behind the record key of a write that holds the opt-outs of a held record alone.
CONSENT_SUFFIX = ":consent"


def decisions_of(
    rulings: Sequence[Ruling], base: Values, ids: Json, keys: Mapping[System, str]
) -> list[Json]:
    """Return the ``DECISIONS`` records of a pair's claims.

    On the Marketo side ``marketo`` is the value that is replaced and ``dynamics`` the one written,
    as in every other decision.

    :param keys: record key by side that is written.
    """
    found = []
    for ruling in rulings:
        name, claim = ruling.field.name, ruling.claim
        rule = claim.rule or (ruling.field.rule if ruling.clashed else ruling.field.direction)
        shared = {**ids, "field": name, "rule": rule}
        winner = "marketo" if ruling.won else "dynamics"
        if ruling.to_dynamics:
            found.append(
                {
                    **shared,
                    "record_key": keys["dynamics"],
                    "kind": _kind_in_dynamics(ruling),
                    "side": "dynamics",
                    "base": shown(claim.base),
                    "marketo": shown(claim.value),
                    "dynamics": shown(ruling.dynamics),
                    "winner": winner,
                }
            )
        if ruling.to_marketo:
            found.append(
                {
                    **shared,
                    "record_key": keys["marketo"],
                    "kind": claim.kind if ruling.won else "written",
                    "side": "marketo",
                    "base": shown(base.get(name)),
                    "marketo": shown(ruling.standing),
                    "dynamics": shown(ruling.target),
                    "winner": winner,
                }
            )
    return found


def _kind_in_dynamics(ruling: Ruling) -> str:
    if ruling.clashed:
        return "collision"
    return "undone" if ruling.claim.kind == "undone" else "written"


def losses_of(rulings: Iterable[Ruling], ids: Json) -> list[Json]:
    """Return journal events of users' changes that lost against Dynamics: nothing else says so."""
    return [
        {
            **ids,
            "kind": "collision",
            "side": None,
            "field": ruling.field.name,
            "base": shown(ruling.claim.base),
            "marketo": shown(ruling.claim.value),
            "dynamics": shown(ruling.dynamics),
            "winner": "dynamics",
            "rule": ruling.field.rule,
        }
        for ruling in rulings
        if ruling.clashed and not ruling.won
    ]


def unsettled_of(rulings: Iterable[Ruling], link_id: str, keys: Mapping[System, str]) -> list[Json]:
    """Return the fields whose base waits for two writes, or stays with the other side."""
    return [
        {
            "link_id": link_id,
            "field": ruling.field.name,
            "value": ruling.claim.value,
            "keys": {} if ruling.claim.only else dict(keys),
        }
        for ruling in rulings
        if ruling.claim.only or (ruling.to_dynamics and ruling.to_marketo)
    ]


def unsettled_fields(engine: Engine, cycle: Cycle) -> dict[str, set[str]]:
    """Return by link the fields whose base the loads must leave alone."""
    fields: dict[str, set[str]] = defaultdict(set)
    for one in _unsettled(engine, cycle):
        fields[one["link_id"]].add(one["field"])
    return fields


def settled_base(
    engine: Engine, cycle: Cycle, applied: Mapping[System, Sequence[tuple[Json, Values]]]
) -> dict[str, Values]:
    """Return by link the claimed values that both sides have now.

    A record that was written may have left the field behind: it was held alone, or the record was
    held and only its opt-outs went out.

    :param applied: the writes that went through, by side.
    """
    waiting = [one for one in _unsettled(engine, cycle) if one["keys"]]
    if not waiting:
        return {}
    written = {side: set(_fields_of(writes)) for side, writes in applied.items()}
    base: dict[str, Values] = {}
    for one in waiting:
        if all((key, one["field"]) in written[side] for side, key in one["keys"].items()):
            base.setdefault(one["link_id"], {})[one["field"]] = one["value"]
    return base


def _fields_of(writes: Iterable[tuple[Json, Values]]) -> Iterator[tuple[str, str]]:
    """Walk over the record key and field of everything that was written."""
    for record, values in writes:
        key = record["record_key"].removesuffix(CONSENT_SUFFIX)
        yield from ((key, name) for name in values)


def unsettled_creation(link_id: str, values: Values, fields: Iterable[str]) -> list[Json]:
    """Return the fields in which a new person gets another value than its row has.

    They enter the base when both sides were read again.
    """
    return [
        {"link_id": link_id, "field": name, "value": values[name], "keys": {}} for name in fields
    ]


def without(values: Values, fields: Collection[str]) -> Values:
    """Return a copy of ``values`` without ``fields``."""
    return {name: value for name, value in values.items() if name not in fields}


def _unsettled(engine: Engine, cycle: Cycle) -> list[dict[str, Any]]:
    document = engine.staging.read_document(cycle.cycle_id, UNSETTLED) or {}
    found: list[dict[str, Any]] = document.get("fields", [])
    return found
