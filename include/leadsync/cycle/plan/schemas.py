"""Both systems' schemas, read rarely and kept in the state store, and the plan made from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import cast

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.plan.accepted_schemas import (
    accept_schemas,
    accepted_schemas,
    known_schemas,
)
from leadsync.cycle.plan.plans import Resolved
from leadsync.cycle.plan.schema_documents import (
    fields_from_json,
    fields_to_json,
    table_from_json,
    table_to_json,
)
from leadsync.cycle.plan.team_rules import with_team
from leadsync.errors import ConfigurationError, PermissionDeniedError, SchemaChangedError
from leadsync.mapping.narrow import narrowed
from leadsync.mapping.plan import SyncPlan
from leadsync.mapping.related import related_tables
from leadsync.mapping.resolve import resolve
from leadsync.model import TABLES, DynamicsTable, Json, Schemas


def plan_of(engine: Engine, cycle: Cycle, *, refresh: bool = False) -> SyncPlan:
    """Return the plan of a cycle, which stays the same for all of its stages in a process.

    :param refresh: resolve it again, because a system said that its schema moved.
    """
    known = None if refresh else engine.plans.of_cycle.get(cycle.cycle_id)
    if known is not None:
        return known
    plan = narrowed(load_plan(engine, refresh=refresh), cycle.only_field)
    return engine.plans.settle(cycle.cycle_id, plan)


def load_plan(engine: Engine, *, refresh: bool = False) -> SyncPlan:
    """Resolve the mapping against the schemas, unless neither has changed.

    :param refresh: read the schemas again instead of trusting the cache.
    :raises MappingError: the mapping does not fit; lists every wrong name with the nearest one.
    """
    if not refresh:
        since = engine.clock.now() - timedelta(seconds=engine.settings.schema_ttl_seconds)
        known = engine.plans.unchanged(engine.mapping, engine.store.schemas_read(), since)
        if known is not None:
            return known
    try:
        return _resolved(engine, refresh=refresh)
    except ConfigurationError:
        if refresh:
            raise
    # What is missing may have been created since the schemas were read.
    return _resolved(engine, refresh=True)


def _resolved(engine: Engine, *, refresh: bool) -> SyncPlan:
    reader = _SchemaReader(engine, refresh=refresh)
    before = accepted_schemas(engine.store, engine.mapping)
    schemas = reader.read()
    plan = engine.plans.made_from(engine.mapping, schemas, before)
    if plan is None:
        known = known_schemas(engine.store)
        plan = with_team(engine, resolve(engine.mapping, schemas, before, known))
        accept_schemas(engine, plan, before, known)
    engine.plans.latest = Resolved(plan, engine.mapping, schemas, before, reader.read_at)
    return plan


@dataclass(slots=True)
class _SchemaReader:
    """Returns cached schemas, and reads those that are older than the settings allow.

    :ivar read_at: when each of the returned schemas was read.
    """

    engine: Engine
    refresh: bool
    read_at: dict[str, datetime] = field(default_factory=dict)

    def read(self) -> Schemas:
        """Return the schemas of everything that the mapping uses."""
        marketo = self._cached("marketo", [], self._fetch_marketo)
        tables: dict[str, DynamicsTable] = {
            table: self._table(table, self.engine.mapping.columns(table))
            for table in TABLES
            if self.engine.mapping.columns(table)
        }
        return Schemas(marketo=fields_from_json(marketo), dynamics=tables | self._related())

    def _table(self, table: str, names: frozenset[str]) -> DynamicsTable:
        columns = sorted(names)
        fetch = partial(self._fetch_table, table, columns)
        return table_from_json(self._cached(f"dynamics.{table}", columns, fetch))

    def _related(self) -> dict[str, DynamicsTable]:
        """Return accounts, users and teams as far as we may read them.

        People go on without their company or owner where we may not; the plan says so.
        """
        tables: dict[str, DynamicsTable] = {}
        for table, columns in related_tables(self.engine.mapping).items():
            asked = sorted(columns)
            fetch = partial(self._fetch_related, table, asked)
            document = self._cached(f"dynamics.{table}", asked, fetch)
            if document:
                tables[table] = table_from_json(document)
        return tables

    def _cached(self, name: str, asked: list[str], fetch: Callable[[], Json]) -> Json:
        """Return what is cached under ``name`` if it is young enough and answers what is asked."""
        engine = self.engine
        cached = engine.store.cached_schema(name)
        now = engine.clock.now()
        age = timedelta(seconds=engine.settings.schema_ttl_seconds)
        if cached and not self.refresh and now - cached[0] < age and cached[1]["asked"] == asked:
            self.read_at[name] = cached[0]
            return cast(Json, cached[1]["schema"])
        schema = fetch()
        engine.store.cache_schema(name, {"asked": asked, "schema": schema}, now)
        self.read_at[name] = now
        return schema

    def _fetch_marketo(self) -> Json:
        return fields_to_json(self.engine.marketo.describe())

    def _fetch_table(self, table: str, columns: list[str]) -> Json:
        return table_to_json(self.engine.dynamics.table(table, columns))

    def _fetch_related(self, table: str, columns: list[str]) -> Json:
        """Return nothing for a table that does not exist or that we may not read."""
        dynamics = self.engine.dynamics
        try:
            schema = dynamics.table(table, columns)
        except (PermissionDeniedError, SchemaChangedError):
            return {}
        problem = dynamics.read_problem(table) if schema.change_tracking else None
        return {} if isinstance(problem, PermissionDeniedError) else table_to_json(schema)
