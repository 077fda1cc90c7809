"""leadsync's own fields and columns, without which nothing can be linked (semantics.md 1)."""

from __future__ import annotations

from collections.abc import Iterable

from leadsync.errors import ConfigurationError
from leadsync.model import DYNAMICS_MARKETO_ID, MARKETO_OWN_FIELDS, Schemas


def require_own_fields(schemas: Schemas, tables: Iterable[str]) -> None:
    """Check that the fields exist by which both systems' records know each other.

    :raises ConfigurationError: names everything that is missing.
    """
    missing = [f"Marketo: {name}" for name in MARKETO_OWN_FIELDS if name not in schemas.marketo]
    missing.extend(
        f"Dynamics: {table}.{DYNAMICS_MARKETO_ID}"
        for table in tables
        if DYNAMICS_MARKETO_ID not in schemas.dynamics[table].columns
    )
    if missing:
        raise ConfigurationError(
            f"leadsync's own fields are missing: {', '.join(missing)}.",
            remedy="Run `leadsync doctor --provision`, which creates them or says how to.",
        )
