"""Which rules have changed since the last cycle: a changed schema or mapping regenerates them."""

from __future__ import annotations

import logging

from leadsync.cycle.context import Cycle, Engine
from leadsync.mapping.plan import SyncPlan
from leadsync.validation.suites import differences, generated_suites

#: the rules of the last cycle, and their hash: most cycles read nothing but that.
RULES = "rules"
RULES_HASH = "rules_hash"
DOCUMENT = "rule_changes"

logger = logging.getLogger(__name__)


def note_rule_changes(engine: Engine, cycle: Cycle, plan: SyncPlan) -> None:
    """Log and stage how the rules differ from those of the last cycle, and remember these."""
    known = engine.store.cached_schema(RULES_HASH)
    if cycle.dry_run or (known is not None and known[1]["hash"] == plan.rules_hash):
        return
    suites = generated_suites(plan)
    before = engine.store.cached_schema(RULES)
    changes = differences(before[1]["suites"], suites) if before is not None else []
    for change in changes:
        logger.warning("Rule changed: %s", change)
    if changes:
        engine.staging.write_document(cycle.cycle_id, DOCUMENT, {"changes": changes})
    engine.store.cache_schema(RULES, {"suites": suites}, engine.clock.now())
    engine.store.cache_schema(RULES_HASH, {"hash": plan.rules_hash}, engine.clock.now())


def rule_changes(engine: Engine, cycle: Cycle) -> list[str]:
    """Return what ``note_rule_changes`` found for this cycle."""
    staged = engine.staging.read_document(cycle.cycle_id, DOCUMENT)
    return list(staged["changes"]) if staged else []
