"""The mapped part of both schemas as the last plan that fitted saw it.

A mapped name that vanishes, or changes its type, suspends its own field only (S117, S118), and
labels that were renamed are still understood (S061): both need to know what was there before. What
has vanished is forgotten when the mapping file changes, because then its author has spoken anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from leadsync.cycle.context import Engine
from leadsync.cycle.plan.renamed_options import note_renamed
from leadsync.cycle.plan.schema_documents import (
    fields_from_json,
    fields_to_json,
    table_from_json,
    table_to_json,
)
from leadsync.mapping.model import Mapping as FieldMapping
from leadsync.mapping.plan import FieldPlan, RelatedField, SyncPlan
from leadsync.model import DynamicsColumn, DynamicsTable, Json, OptionValue, Schemas
from leadsync.state.port import StateStore

ACCEPTED = "accepted"


def accepted_schemas(store: StateStore, mapping: FieldMapping) -> Schemas | None:
    """Return the schemas that ``mapping`` fitted before, if it ever did."""
    cached = store.cached_schema(ACCEPTED)
    fits = cached is not None and cached[1]["mapping"] == _fingerprint(mapping)
    return known_schemas(store) if fits else None


def known_schemas(store: StateStore) -> Schemas | None:
    """Return the schemas of the last plan, whatever its mapping was."""
    cached = store.cached_schema(ACCEPTED)
    if cached is None:
        return None
    tables = cached[1]["dynamics"]
    return Schemas(
        marketo=fields_from_json(cached[1]["marketo"]),
        dynamics={name: table_from_json(table) for name, table in tables.items()},
    )


def accept_schemas(
    engine: Engine, plan: SyncPlan, before: Schemas | None, known: Schemas | None
) -> None:
    """Remember what ``plan`` was made from; what it suspended stays as it was ``before``.

    :param known: the schemas of the last plan, whose labels stay understood.
    """
    note_renamed(engine.store, plan, known, engine.clock.now())
    marketo = dict(before.marketo) if before else {}
    tables: dict[str, DynamicsTable] = dict(before.dynamics) if before else {}
    for schema, fields in _mapped(plan):
        kept = tables[schema.name].columns if schema.name in tables else {}
        seen = known.dynamics.get(schema.name) if known else None
        former = seen.columns if seen else {}
        columns = {**kept, **{f.column.name: _with_old_labels(f, former) for f in fields}}
        tables[schema.name] = replace(schema, columns=columns)
        marketo.update({field.name: field.field for field in fields})
    document: Json = {
        "mapping": _fingerprint(engine.mapping),
        "marketo": fields_to_json(marketo),
        "dynamics": {name: table_to_json(table) for name, table in tables.items()},
    }
    if before != Schemas(marketo, tables):
        engine.store.cache_schema(ACCEPTED, document, engine.clock.now())


def _mapped(plan: SyncPlan) -> Iterator[tuple[DynamicsTable, Sequence[FieldPlan | RelatedField]]]:
    for table in plan.tables.values():
        yield table.schema, table.own
    for related in (plan.company, plan.owner):
        if related is not None:
            yield related.schema, related.fields


def _with_old_labels(
    field: FieldPlan | RelatedField, known: Mapping[str, DynamicsColumn]
) -> DynamicsColumn:
    """Return the column with every label that its options have ever had."""
    before = known.get(field.column.name)
    if before is None:
        return field.column
    labels = {(option.value, option.label) for option in field.column.options}
    old: tuple[OptionValue, ...] = tuple(
        option for option in before.options if (option.value, option.label) not in labels
    )
    return replace(field.column, options=field.column.options + old)


def _fingerprint(mapping: FieldMapping) -> str:
    return hashlib.sha256(mapping.model_dump_json().encode()).hexdigest()
