"""Faults that are injected into calls: rules kept in the database, consumed as calls match."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from leadsync_sandbox.common.database import Database

KINDS = (
    "error",
    "drop_before",
    "drop_after",
    "slow",
    "truncate",
    "expire_tokens",
    "edit_before_write",
    "activity_lag",
)

FAULT_SCHEMA = """
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY, rule TEXT NOT NULL, seen INTEGER NOT NULL, hits INTEGER NOT NULL
);
"""


class BadFaultError(ValueError):
    """A fault rule is malformed."""


@dataclass(frozen=True, slots=True)
class FaultRule:
    """What to do to which calls.

    :param method: a regular expression for the whole HTTP method.
    :param path: a regular expression, searched in the path (without query).
    :param times: how many calls it hits; ``None`` for all.
    :param after_n: how many matching calls pass unharmed first.
    :param probability: share of matching calls that are hit, drawn from ``seed``.
    :param params: by kind: ``error`` {status, body, headers, code, message, after};
        ``slow`` {seconds}; ``truncate`` {keep, complete}; ``edit_before_write`` {edit} or
        {edits}; ``activity_lag`` {seconds}.
    """

    kind: str
    method: str = ".*"
    path: str = ""
    times: int | None = 1
    after_n: int = 0
    probability: float = 1.0
    seed: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)

    def matches(self, method: str, path: str) -> bool:
        """Tell whether the rule speaks about this call."""
        return bool(re.fullmatch(self.method, method) and re.search(self.path, path))

    def strikes(self, nth: int, hits: int) -> bool:
        """Tell whether the ``nth`` matching call (from 0) is hit, after ``hits`` hits before."""
        if nth < self.after_n or (self.times is not None and hits >= self.times):
            return False
        return random.Random(f"{self.seed}/{nth}").random() < self.probability  # noqa: S311


def parse_rule(raw: Any) -> FaultRule:
    """Read a rule ``{match: {method, path}, kind, times, after_n, probability, seed, params}``.

    :raises BadFaultError: naming what is wrong.
    """
    if not isinstance(raw, dict) or raw.get("kind") not in KINDS:
        raise BadFaultError(f"A fault needs a kind of {', '.join(KINDS)}; got {raw!r}.")
    match = raw.get("match", {})
    known = {"times", "after_n", "probability", "seed", "params"}
    unknown = set(raw) - known - {"kind", "match"} | set(match) - {"method", "path"}
    if unknown:
        raise BadFaultError(f"Unknown members of a fault: {', '.join(sorted(unknown))}.")
    try:
        re.compile(match.get("path", ""))
        re.compile(match.get("method", ""))
    except re.error as problem:
        raise BadFaultError(f"No regular expression in {match!r}: {problem}.") from problem
    return FaultRule(kind=raw["kind"], **match, **{k: raw[k] for k in known if k in raw})


class Faults:
    """The rules of one system."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, raw_rules: list[Any]) -> list[int]:
        """Store rules and return their ids.

        :raises BadFaultError: a rule is malformed; none is stored then.
        """
        for raw in raw_rules:
            parse_rule(raw)
        with self._database.transaction():
            return [self._add(raw) for raw in raw_rules]

    def _add(self, raw: Any) -> int:
        number = self._database.value("SELECT coalesce(max(id), 0) + 1 FROM fault")
        self._database.run("INSERT INTO fault VALUES (?, ?, 0, 0)", (number, json.dumps(raw)))
        return int(number)

    def clear(self) -> None:
        """Remove all rules."""
        self._database.run("DELETE FROM fault")

    def listed(self) -> list[dict[str, Any]]:
        """Return the rules with ``id``, ``seen`` (matching calls) and ``hits``."""
        return [
            {"id": row["id"], "seen": row["seen"], "hits": row["hits"], **json.loads(row["rule"])}
            for row in self._database.rows("SELECT * FROM fault ORDER BY id")
        ]

    def take(self, method: str, path: str) -> list[FaultRule]:
        """Return the rules that hit this call, and count it."""
        if self._database.value("SELECT 1 FROM fault") is None:
            return []
        with self._database.transaction():
            found = self._database.rows("SELECT * FROM fault ORDER BY id")
            rules = [(row, parse_rule(json.loads(row["rule"]))) for row in found]
            return [
                rule
                for row, rule in rules
                if rule.matches(method, path)
                and self._count(rule, row["id"], row["seen"], row["hits"])
            ]

    def _count(self, rule: FaultRule, number: int, seen: int, hits: int) -> bool:
        struck = rule.strikes(seen, hits)
        self._database.run(
            "UPDATE fault SET seen = seen + 1, hits = hits + ? WHERE id = ?", (int(struck), number)
        )
        return struck
