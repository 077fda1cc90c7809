"""Plays a schedule: users, cycles and bad luck, then quiet, then the oracle."""

from __future__ import annotations

import copy
from collections import Counter
from contextlib import suppress
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from leadsync.cycle import stages
from leadsync.cycle.context import CycleRequest, Engine
from leadsync.cycle.extract.feed_cursor import FeedCursor
from leadsync.cycle.extract.person_feeds import CURSORS
from leadsync.errors import LeadsyncError, LeaseHeldError, LeaseLostError
from leadsync.model import Json
from leadsync.ports import CallLedger
from leadsync.state.port import StateChanges
from simulation import oracle
from simulation.chaos import Chaos, Crash
from simulation.diary import Diary
from simulation.effects import check_same, effects, results
from simulation.mappings import without_guard
from simulation.oracle_of_guard import check_guard, vanished
from simulation.oracle_of_plans import PlanJudge
from simulation.oracle_of_records import check_first_journal, check_journal, check_written
from simulation.passed_over import check_cursors
from simulation.prepared import linked_world, prepared_world
from simulation.schedule import SMALL_PAGE, Act, Attempts, Round, Schedule, Weather
from simulation.users import Users
from simulation.values import COLUMNS

LONGEST_LAG_SECONDS = 240
MOST_CYCLES_TO_REREAD = 12
#: share of stages that are run again, with all effects compared.
LOOKS_TWICE = 0.03
LONGER_THAN_A_LEASE = 1000
#: stages between the first one and the commit.
MOST_STAGES = 5


class Run:
    """A run of one schedule.

    :param ledger: counts the calls of all cycles but the last ones.
    :ivar steps: durable steps of each attempt, in order.
    :ivar calls: calls made, by system and day.
    :ivar report: the last attempt's, if it came to one; ``refused``: the error that stopped it.
    :raises AssertionError: from :meth:`play`, when a property of semantics.md 9 does not hold.
    """

    def __init__(self, schedule: Schedule, ledger: CallLedger | None = None) -> None:
        self.schedule = schedule
        self.style = schedule.style
        self.random = Random(schedule.seed)
        mapping = schedule.mapping
        self.diary = linked_world(mapping) if schedule.linked else Diary(prepared_world(mapping))
        self.world = self.diary.world
        self.ledger = ledger or self.world.engine.ledger
        self.calls: Counter[tuple[str, date]] = Counter()
        self.world.marketo.batch_size = self.world.dynamics.batch_size = schedule.batch_size
        self.world.marketo.page_size = schedule.page_size
        if self.style.lag:
            self.world.marketo.lag = self._lag
        if self.style.refusals:
            self.world.marketo.refuse = self._refuse
            self.world.dynamics.refuse = self._refuse
        if schedule.refused:
            self._refuse_field(schedule.refused)
        self.users = Users(self.random, self.diary, invalid=self.style.invalid)
        self.steps: list[int] = []
        self.report: Json | None = None
        self.refused = ""
        self._unmapped: list[Json] = []

    def play(self) -> None:
        """Play the schedule, let things settle, and judge."""
        for number, one in enumerate(self.schedule.rounds):
            self._round(number, one)
        for act in self.schedule.last:
            self._act(act)
        self._settle()

    @property
    def story(self) -> str:
        """What happened so far, a line for every event."""
        mapping = self.schedule.mapping
        title = f"seed {self.schedule.seed}: {self.schedule.aim} {self.style}"
        fields = [f"  {entry}" for entry in mapping["fields"]]
        return "\n".join([title, *fields, str(mapping["policies"]), *self.diary.story])

    def _round(self, number: int, one: Round) -> None:
        self.world.clock.advance(one.pause)
        for act in one.acts:
            self._act(act)
        if one.event == "remap":
            self._remap()
        elif one.event == "permit":
            self.world.mapping = without_guard(self.world.mapping)
            self.diary.note("the deletions were meant")
        elif one.event == "expire":
            self.world.dynamics.expire_links()
            self.diary.note("delta links expire")
        self._run(number, one.cycle)

    def _act(self, act: Act) -> None:
        self.users.act(act.kind, act.seed)
        self.world.clock.advance(act.pause)

    # -- cycles

    def _run(self, number: int, attempts: Attempts) -> None:
        self.random = Random(attempts.seed)
        now = self.world.clock.now()
        request = CycleRequest(
            kind="backfill" if attempts.backfill else "scheduled",
            window_to=now,
            window_from=datetime.fromtimestamp(0, now.tzinfo) if attempts.backfill else None,
            run_id=f"run-{number}",
        )
        plan = PlanJudge(self.diary, request) if attempts.planned else None
        finished = self._attempt(request, attempts.weather)
        if plan is not None:
            plan.check(self.report, self.refused)
        if not finished and attempts.again:
            self._attempt(request, Weather())

    def _attempt(self, request: CycleRequest, weather: Weather) -> bool:
        """Run one attempt and note what it left; tell whether it finished."""
        known = {*self.world.marketo.people, *self.diary.person_deleted}
        restless = [person for person in known if self.world.marketo.unsettled(person)]
        began = self.diary.cycle_begins()
        chaos = Chaos(
            self.world.clock,
            weather,
            self._act,
            self.diary.note,
            self.users,
            self.ledger,
            self._sleep,
        )
        started, gone = self.world.clock.now(), vanished(self.diary) if self._is_guarded else {}
        writes = len(self.world.marketo.writes), len(self.world.dynamics.writes)
        smooth = self._try(chaos, request)
        report = self.report
        self.steps.append(chaos.steps)
        self.calls += chaos.made
        clean = smooth and report is not None and request.kind == "scheduled"
        self.diary.note(f"cycle {request.kind} clean={clean} {_told(report)}")
        if self.schedule.page_size == SMALL_PAGE:
            clean = False  # how many cycles a late activity takes depends on the pages
        quiet = self.diary.cycle_ended(began, restless, clean=clean)
        oracle.check_pairs(self.diary, quiet)
        check_journal(self.diary, quiet, started)
        check_first_journal(self.diary, quiet, started)
        if report is not None:
            check_cursors(self.diary)
            oracle.check_made(self.diary, writes[1])
        if clean and report is not None:
            check_written(report, self._writes - sum(writes))
            oracle.check_created(self.diary)
            oracle.check_scope(self.diary, began, *writes)
            oracle.check_closed(self.diary, began, writes[1])
        if self._is_guarded and (report is not None or self.refused):
            check_guard(self.diary, gone, self.refused, self._writes - sum(writes))
        self.diary.agree(quiet)
        return report is not None

    def _try(self, chaos: Chaos, request: CycleRequest) -> bool:
        """Run the stages as far as they come; tell whether each ran just once."""
        self.report, self.refused, smooth = None, "", False
        try:
            self.report, smooth = self._stages(chaos, request)
            oracle.check_report(self.report)
        except Crash:
            pass
        except LeaseHeldError:
            self.diary.note("another run has the lease")
        except LeaseLostError:
            self.diary.note("lease lost")
        except LeadsyncError as error:
            self.refused = type(error).__name__
            self.diary.note(f"gave up: {error}")
        return smooth

    @property
    def _is_guarded(self) -> bool:
        """Whether too many deletions stop a cycle of this run."""
        return "mass_delete_count" in self.world.mapping["policies"]

    @property
    def _writes(self) -> int:
        return len(self.world.marketo.writes) + len(self.world.dynamics.writes)

    def _stages(self, chaos: Chaos, request: CycleRequest) -> tuple[Json, bool]:
        """Run the stages as a scheduler does: side by side, repeated, tried again.

        :returns: the report, and whether every stage ran just once.
        """
        engine, other = chaos.around(self.world.engine), self._other_run(request)
        cycle = stages.open_cycle(engine, request)
        assert not other, f"S122: {request.run_id} runs beside {other}"
        reads = [stages.extract_marketo, stages.extract_dynamics]
        writes = [stages.load_dynamics, stages.load_marketo]
        self.random.shuffle(reads)
        self.random.shuffle(writes)
        smooth = True
        for number, stage in enumerate((*reads, stages.merge_and_validate, *writes)):
            self._stall_at(number, chaos)
            smooth &= self._stage(engine, cycle, stage)
            if self._looks_twice():
                smooth = False
                self._again(cycle, stage)
        self._stall_at(MOST_STAGES, chaos)
        report = stages.quarantine_and_commit(engine, cycle)
        if self.style.faults and self.random.random() < 0.3:
            assert stages.quarantine_and_commit(engine, cycle) == report
        if self._looks_twice():
            for stage in (*reads, stages.merge_and_validate, *writes):
                with suppress(LeaseLostError):
                    self._again(cycle, stage)
        report = stages.send_activities(engine, cycle, report)
        engine.staging.drop(cycle["cycle_id"])
        return report, smooth

    def _other_run(self, request: CycleRequest) -> str:
        """Return the run that has the lease now, if it is another one and may still be alive."""
        lease = self.world.store.current_lease("cycle")
        if lease is None or lease[0].expires_at <= self.world.clock.now():
            return ""
        return lease[0].owner if lease[0].owner != request.run_id else ""

    def _looks_twice(self) -> bool:
        """Draw whether a stage is run again to no effect; servers that refuse may change it."""
        refuses = self.style.refusals or self.schedule.refused
        return not refuses and self.random.random() < LOOKS_TWICE

    def _again(self, cycle: Json, stage: Any) -> None:
        """P6: run a finished stage again, with nobody around, to no effect."""
        before, told = effects(self.world), results(self.world, cycle["cycle_id"])
        try:
            stage(self.world.engine, cycle)
        finally:
            check_same(before, effects(self.world), stage.__name__)
            again = results(self.world, cycle["cycle_id"])
            assert again == told, f"P6: {stage.__name__} again tells {again}, not {told}"

    def _stall_at(self, number: int, chaos: Chaos) -> None:
        """Sleep before the stage of this number, if the weather says so."""
        if number == chaos.weather.stall:
            chaos.slept = self._sleep()

    def _stall(self) -> None:
        """Sleep for longer than a lease, while users act and another run does everything."""
        self.diary.unrest.append(self.diary.note("the process sleeps"))
        self.world.clock.advance(LONGER_THAN_A_LEASE)
        self._act(Act("edit_again", self.random.randrange(2**32)))
        request = CycleRequest(kind="scheduled", window_to=self.world.clock.now(), run_id="other")
        self._attempt(request, Weather())
        self._act(Act("edit_again", self.random.randrange(2**32)))
        self.diary.note("the process wakes up")

    def _sleep(self) -> bool:
        """Sleep, if the process has a lease to lose; tell whether it had one."""
        if self.world.store.current_lease("cycle") is None:
            return False
        self._stall()
        return True

    def _stage(self, engine: Engine, cycle: Json, stage: Any) -> bool:
        """Run a stage, again after a failure and sometimes for no reason."""
        tries = 0
        while True:
            tries += 1
            try:
                stage(engine, cycle)
            except LeaseLostError:
                raise
            except LeadsyncError:
                if tries > 2 or self.random.random() < 0.3:
                    self._give_back(cycle)
                    raise
                self.diary.note(f"{stage.__name__} is tried again")
                continue
            if not (self.style.faults and self.random.random() < 0.1):
                return tries == 1
            self.diary.note(f"{stage.__name__} is repeated")

    def _give_back(self, cycle: Json) -> None:
        lease = self.world.store.current_lease("cycle")
        if lease and self.random.random() < 0.5:
            self.world.store.release_lease(lease[0])

    # -- trouble

    def _lag(self) -> float:
        return self.random.choice((0, 0, 5, 90, LONGEST_LAG_SECONDS))

    def _refuse(self, _record: object) -> bool:
        if self.random.random() >= 0.1:
            return False
        self.diary.note("the server refuses a record")
        return True

    def _refuse_field(self, name: str) -> None:
        self.diary.refused = name
        self.world.marketo.refuse = lambda record: name in record
        self.world.dynamics.refuse = lambda write: COLUMNS[name] in write.body

    def _remap(self) -> None:
        """Take a field out of the mapping, or put one back."""
        mapping = copy.deepcopy(self.world.mapping)
        if self._unmapped:
            entry = self._unmapped.pop()
            mapping["fields"].append(entry)
            self.world.mapping = mapping
            self.diary.field_mapped_again(entry["marketo"])
            return
        entry = next(f for f in mapping["fields"] if f["marketo"] in ("city", "country"))
        mapping["fields"].remove(entry)
        self._unmapped.append(entry)
        self.world.mapping = mapping
        self.diary.note(f"{entry['marketo']} is no longer mapped")

    # -- the end

    def _settle(self) -> None:
        """Stop editing, let delays pass, release what servers refused; then two clean cycles.

        A cycle without any effect needs no other one after it: that would have the same before it.
        """
        world = self.world
        self.diary.note("edits stop")
        world.marketo.lag = lambda: 0.0
        if not self.schedule.refused:
            world.marketo.refuse = lambda record: False
            world.dynamics.refuse = lambda write: False
        world.clock.advance(LONGER_THAN_A_LEASE)
        self._release_refused()
        self._reread()
        still = self._cycle_without_effect() or self._cycle_without_effect()
        oracle.check_settled(self.diary)
        if still:
            return
        before, tried = effects(world), oracle.tries(self.diary)
        self._last_cycle()
        assert world.writes == 0, f"P2: {world.marketo.writes} {world.dynamics.writes}"
        check_same(before, effects(world), "the whole run")
        oracle.check_not_tried_again(self.diary, tried)

    def _cycle_without_effect(self) -> bool:
        """Run a last cycle and tell whether nothing came of it."""
        before = effects(self.world)
        self._last_cycle()
        return self.world.writes == 0 and before == effects(self.world)

    def _reread(self) -> None:
        """Run cycles until late activities have been looked for everywhere, a page a cycle."""
        for _ in range(MOST_CYCLES_TO_REREAD):
            if not self._has_pages_to_reread():
                return
            self._last_cycle()
        assert not self._has_pages_to_reread(), "P8: parts of a feed are never read again"

    def _has_pages_to_reread(self) -> bool:
        world = self.world
        now, overlap = world.clock.now(), timedelta(seconds=world.settings.overlap_seconds)
        stored = world.store.cursors()
        cursors = [FeedCursor.parse(stored[name]) for name in CURSORS if name in stored]
        return any(cursor.due(now, overlap) for cursor in cursors)

    def _last_cycle(self) -> None:
        began = self.diary.cycle_begins()
        report = self.world.cycle()
        oracle.check_report(report)
        self.diary.note(f"last cycle {_told(report)}")
        self.diary.cycle_ended(began, (), clean=False)

    def _release_refused(self) -> None:
        items = self.world.store.quarantine(statuses=("open",))
        refused = [i for i in items if any(f["source"] == "server" for f in i["failures"])]
        for item in refused:
            item["status"] = "released"
        self.world.store.apply(StateChanges(quarantine=refused), lease=None)


def _told(report: Json | None) -> str:
    if report is None:
        return "no report"
    told = []
    for direction, tables in report["counts"].items():
        for table, counts in tables.items():
            kept = {name: count for name, count in counts.items() if count}
            if kept:
                told.append(f"{direction} {table} {kept}")
    return "; ".join(told)
