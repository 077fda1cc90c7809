"""Which rules have changed since the last cycle: a changed schema or mapping regenerates them."""

from __future__ import annotations

import logging

from leadsync.cycle.context import Cycle, Engine
from leadsync.mapping.plan import SyncPlan
from leadsync.model import Json
from leadsync.validation.suites import differences, generated_suites

RULES = "rules"
DOCUMENT = "rule_changes"

logger = logging.getLogger(__name__)


def note_rule_changes(engine: Engine, cycle: Cycle, plan: SyncPlan) -> None:
    """Log and stage how the rules differ from those of the last cycle, and remember these."""
    cached = engine.store.cached_schema(RULES)
    if cycle.dry_run or (cached is not None and cached[1]["hash"] == plan.rules_hash):
        return
    suites = generated_suites(plan)
    changes = differences(cached[1]["suites"], suites) if cached is not None else []
    for change in changes:
        logger.warning("Rule changed: %s", change)
    if changes:
        engine.staging.write_document(cycle.cycle_id, DOCUMENT, {"changes": changes})
    document: Json = {"hash": plan.rules_hash, "suites": suites}
    engine.store.cache_schema(RULES, document, engine.clock.now())


def rule_changes(engine: Engine, cycle: Cycle) -> list[str]:
    """Return what ``note_rule_changes`` found for this cycle."""
    staged = engine.staging.read_document(cycle.cycle_id, DOCUMENT)
    return list(staged["changes"]) if staged else []
