"""Judges dry runs: they do nothing, and tell what the cycle that follows does (S010)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from leadsync.cycle.consent.marks import address_hash
from leadsync.cycle.context import CycleRequest
from leadsync.cycle.runner import run_plan
from leadsync.errors import LeadsyncError
from leadsync.model import Json
from simulation.diary import Diary
from simulation.effects import effects


class PlanJudge:
    """Makes a plan and compares it with the cycle of the same moment.

    :ivar told: the plan's counts, or the error that refused it.
    """

    def __init__(self, diary: Diary, request: CycleRequest) -> None:
        before = _kept(diary)
        try:
            self.told: Json | str = run_plan(diary.world.engine, replace(request, dry_run=True))
        except LeadsyncError as error:
            self.told = type(error).__name__
        for name, value in _kept(diary).items():
            assert value == before[name], f"S010: a plan changes {name}: {before[name]} {value}"
        diary.note("a plan is made")

    def check(self, report: Json | None, refused: str) -> None:
        """Compare with what the cycle did, to which nothing else happened."""
        if isinstance(self.told, str) or report is None:
            assert self.told == refused, f"S010: planned {self.told}, done {refused} {report}"
            return
        planned, done = self.told["counts"], report["counts"]
        assert planned == done, f"S010: planned {planned}, done {done}"
        created = sum(counts["created"] for tables in done.values() for counts in tables.values())
        making = [change for change in self.told["changes"] if change["operation"] == "create"]
        assert len(making) == created, f"S010: {created} created, planned {making}"


def _kept(diary: Diary) -> dict[str, Any]:
    """Return all that a plan must leave as it is."""
    world, store = diary.world, diary.world.store
    addresses = [address_hash(key) for key in sorted(diary.shared_emails)]
    return {
        **effects(world),
        "writes": (len(world.marketo.writes), len(world.dynamics.writes)),
        "cursors": store.cursors(),
        "cycles": store.cycles(),
        "lease": store.current_lease("cycle"),
        "intents": store.unconfirmed_pairs(),
        "seen": store.known_activities(activity.guid for activity in world.marketo.log),
        "marks": store.marks("opted_out", addresses),
        "staged": world.staging.cycles(),
    }
