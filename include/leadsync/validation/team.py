"""The team's own expectations: what a suite's document must say, and the rules it stands for.

A team's suite is an ordinary Great Expectations suite. Its ``meta.leadsync`` says where it applies:
``target``, ``tables``, ``operations``, ``enabled``. Each expectation's ``meta`` gives ``rule_id``,
``field`` and ``policy`` (docs/validation.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from leadsync.errors import ConfigurationError
from leadsync.mapping.names import nearest, suggestion
from leadsync.mapping.plan import FieldPlan, OnInvalid, TablePlan
from leadsync.model import SYSTEMS, TABLES, TOWARDS, Json, System, Table
from leadsync.validation.model import OPERATIONS, Operation, Rule
from leadsync.validation.values import base_name

#: what a team's rule can do; a value can only be mended by a rule that knows how.
POLICIES: tuple[OnInvalid, ...] = ("hold_record", "hold_field", "warn")
_COLUMN_KEYS = ("column", "column_A", "column_B")


@dataclass(frozen=True, slots=True)
class TeamSuite:
    """A suite that the team wrote, and where it applies.

    :param source: the file, for messages.
    """

    name: str
    source: str
    target: System
    tables: tuple[Table, ...]
    operations: tuple[Operation, ...]
    expectations: tuple[Json, ...]

    def applies(self, target: System, table: Table, operation: Operation) -> bool:
        """Tell whether the suite judges such writes."""
        return target == self.target and table in self.tables and operation in self.operations


@dataclass(frozen=True, slots=True)
class TeamRule:
    """One expectation of the team on one table.

    :param rule: its limit is the sentence that a failure shows.
    :param fields: the fields (Marketo REST names) that it looks at.
    :param columns: the columns of the batch that it looks at.
    """

    rule: Rule
    document: Json
    fields: tuple[str, ...]
    columns: tuple[str, ...]


def read_suite(document: Json, source: str) -> TeamSuite | None:
    """Return the suite that a document holds, or ``None`` when it is not enabled.

    :raises ConfigurationError: ``meta`` does not say what leadsync needs to know.
    """
    name = str(document.get("name") or source)
    scope = (document.get("meta") or {}).get("leadsync")
    if not isinstance(scope, dict):
        raise _problem(
            source,
            "has no `meta.leadsync`",
            'Add for example `"meta": {"leadsync": {"target": "dynamics"}}`.',
        )
    expectations = document.get("expectations")
    if not isinstance(expectations, list):
        raise _problem(source, "has no list `expectations`", "Save it as an expectation suite.")
    suite = TeamSuite(
        name,
        source,
        _one_of(source, "target", scope.get("target"), SYSTEMS),
        tuple(_one_of(source, "tables", one, TABLES) for one in scope.get("tables", TABLES)),
        tuple(
            _one_of(source, "operations", one, OPERATIONS)
            for one in scope.get("operations", OPERATIONS)
        ),
        tuple(expectations),
    )
    for position, expectation in enumerate(suite.expectations):
        _check_meta(suite, position, expectation)
    return suite if scope.get("enabled", True) else None


def rules_of(
    suite: TeamSuite, table: TablePlan, suspended: frozenset[str] = frozenset()
) -> Iterator[TeamRule]:
    """Yield the suite's rules on ``table``.

    :param suspended: names that the mapping knows and that are not synchronised now; rules on them
        wait with them.
    :raises ConfigurationError: an expectation names a field that is not synchronised.
    """
    fields = fields_by_name(suite.target, table)
    for position, expectation in enumerate(suite.expectations):
        columns = columns_of(expectation)
        named = [*columns, *([expectation["meta"]["field"]] if _names_field(expectation) else [])]
        missing = [name for name in named if base_name(name) not in fields]
        if any(base_name(name) in suspended for name in missing):
            continue
        if missing:
            near = suggestion(nearest(missing[0], fields))
            raise _problem(
                _place(suite, position),
                f"names {missing[0]}, which is not synchronised to {suite.target} with "
                f"{table.table}s{near}",
                "Name a mapped field, or map it in the mapping file.",
            )
        used = tuple(dict.fromkeys(fields[base_name(name)].name for name in columns))
        yield TeamRule(_rule(suite, expectation, fields, columns), expectation, used, columns)


def columns_of(expectation: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns that an expectation looks at, those of its row condition too."""
    kwargs = expectation.get("kwargs", {})
    named = [kwargs[key] for key in _COLUMN_KEYS if key in kwargs]
    named.extend(kwargs.get("column_list", ()))
    named.extend(kwargs.get("column_set", ()) or ())
    named.extend(_conditioned(kwargs.get("row_condition")))
    return tuple(dict.fromkeys(named))


def _conditioned(condition: object) -> Iterator[str]:
    if isinstance(condition, dict):
        column = condition.get("column")
        if isinstance(column, dict) and isinstance(column.get("name"), str):
            yield column["name"]
        for part in condition.values():
            yield from _conditioned(part)
    elif isinstance(condition, list):
        for part in condition:
            yield from _conditioned(part)


def _rule(
    suite: TeamSuite,
    expectation: Mapping[str, Any],
    fields: Mapping[str, FieldPlan],
    columns: tuple[str, ...],
) -> Rule:
    meta = expectation["meta"]
    field = fields[base_name(meta.get("field") or columns[0])]
    target = field.column.name if suite.target == "dynamics" else field.name
    sentence = expectation.get("description") or f"breaks {expectation['type']}"
    policy = cast(OnInvalid, meta.get("policy", "hold_record"))
    return Rule(str(meta["rule_id"]), field.name, target, "expectation", str(sentence), policy)


def fields_by_name(target: System, table: TablePlan) -> dict[str, FieldPlan]:
    """Return the fields that flow to ``target``, by Marketo name and by the target's own."""
    flowing = [field for field in table.fields if field.flows(TOWARDS[target])]
    by_column = {field.column.name: field for field in flowing if target == "dynamics"}
    return {field.name: field for field in flowing} | by_column


def _names_field(expectation: Mapping[str, Any]) -> bool:
    return bool(expectation["meta"].get("field"))


def _check_meta(suite: TeamSuite, position: int, expectation: object) -> None:
    place = _place(suite, position)
    if not isinstance(expectation, dict) or "type" not in expectation:
        raise _problem(place, "is no expectation", 'Give it a "type" and "kwargs".')
    if _without_structure(expectation):
        raise _problem(
            place,
            "has a row condition in text, whose columns cannot be told",
            'Write it as a condition object, such as {"type": "comparison", "column": {"name": '
            '"statecode"}, "operator": "==", "parameter": 0}.',
        )
    if not columns_of(expectation):
        raise _problem(
            place,
            f"({expectation['type']}) names no column, so that it can judge no row",
            "Use an expectation on columns.",
        )
    meta = expectation.get("meta") or {}
    if not meta.get("rule_id"):
        raise _problem(
            place,
            "has no `meta.rule_id`",
            "Name the rule; quarantine and reports show the name.",
        )
    _one_of(place, "policy", meta.get("policy", "hold_record"), POLICIES)


def _without_structure(expectation: Mapping[str, Any]) -> bool:
    condition = expectation.get("kwargs", {}).get("row_condition")
    return isinstance(condition, str) or (
        isinstance(condition, dict) and condition.get("type") == "pass_through"
    )


def _place(suite: TeamSuite, position: int) -> str:
    return f"{suite.source} expectations[{position}]"


def _one_of(place: str, key: str, value: object, known: tuple[Any, ...]) -> Any:
    if value not in known:
        near = suggestion(nearest(str(value), known))
        raise _problem(
            place, f"has `{key}` {value!r}{near}", f"Use one of {', '.join(map(str, known))}."
        )
    return value


def _problem(place: str, problem: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(f"The suite {place} {problem}.", remedy=remedy)
