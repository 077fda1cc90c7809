"""Both systems' schemas, read rarely and kept in the state store, and the plan made from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import cast

from leadsync.cycle.accepted_schemas import accept_schemas, accepted_schemas
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.schema_documents import fields_from_json, table_from_json
from leadsync.errors import ConfigurationError
from leadsync.mapping.plan import SyncPlan
from leadsync.mapping.resolve import resolve
from leadsync.model import TABLES, DynamicsTable, Json, Schemas, Table


def plan_of(engine: Engine, cycle: Cycle, *, refresh: bool = False) -> SyncPlan:
    """Return the plan of a cycle, resolved once per process.

    :param refresh: resolve it again, because a system said that its schema moved.
    """
    if refresh or cycle.cycle_id not in engine.plans:
        engine.plans.clear()
        engine.plans[cycle.cycle_id] = load_plan(engine, refresh=refresh)
    return engine.plans[cycle.cycle_id]


def load_plan(engine: Engine, *, refresh: bool = False) -> SyncPlan:
    """Resolve the mapping against the schemas.

    :param refresh: read the schemas again instead of trusting the cache.
    :raises MappingError: the mapping does not fit; lists every wrong name with the nearest one.
    """
    try:
        return _resolved(engine, refresh=refresh)
    except ConfigurationError:
        if refresh:
            raise
    # What is missing may have been created since the schemas were read.
    return _resolved(engine, refresh=True)


def _resolved(engine: Engine, *, refresh: bool) -> SyncPlan:
    before = accepted_schemas(engine)
    plan = resolve(engine.mapping, load_schemas(engine, refresh=refresh), before)
    accept_schemas(engine, plan, before)
    return plan


def load_schemas(engine: Engine, *, refresh: bool = False) -> Schemas:
    """Return the cached schemas, reading those that are older than the settings allow."""
    marketo = _cached(engine, "marketo", [], partial(_fetch_marketo, engine), refresh=refresh)
    tables: dict[str, DynamicsTable] = {
        table: _load_table(engine, table, refresh=refresh)
        for table in TABLES
        if engine.mapping.columns(table)
    }
    return Schemas(marketo=fields_from_json(marketo), dynamics=tables)


def _load_table(engine: Engine, table: Table, *, refresh: bool) -> DynamicsTable:
    columns = sorted(engine.mapping.columns(table))
    fetch = partial(_fetch_table, engine, table, columns)
    return table_from_json(_cached(engine, f"dynamics.{table}", columns, fetch, refresh=refresh))


def _cached(
    engine: Engine, name: str, asked: list[str], fetch: Callable[[], Json], *, refresh: bool
) -> Json:
    """Return what is cached under ``name`` if it is young enough and answers what is asked."""
    cached = engine.store.cached_schema(name)
    now = engine.clock.now()
    age = timedelta(seconds=engine.settings.schema_ttl_seconds)
    if cached and not refresh and now - cached[0] < age and cached[1]["asked"] == asked:
        return cast(Json, cached[1]["schema"])
    schema = fetch()
    engine.store.cache_schema(name, {"asked": asked, "schema": schema}, now)
    return schema


def _fetch_marketo(engine: Engine) -> Json:
    return {name: asdict(field) for name, field in engine.marketo.describe().items()}


def _fetch_table(engine: Engine, table: Table, columns: list[str]) -> Json:
    return asdict(engine.dynamics.table(table, columns))
