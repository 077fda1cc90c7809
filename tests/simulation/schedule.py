"""A schedule: everything that happens in one run, drawn from a seed as a list of steps.

What a step does beyond its kind follows from its own seed and from what the world looks like then,
so steps can be taken out without changing the others (``simulation.shrink``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from random import Random

from leadsync.model import Json
from simulation.actions import weighted_actions
from simulation.mappings import mapping_of_run, merging_mapping_of_run, related_mapping_of_run

SMALL_PAGE = 5
FAULTS = ("throttled", "lost answer", "lost answer", "lost request")
#: share of the runs that begin with people who are linked: a fault meets their updates at once.
LINKED = 0.7
#: how many rounds they have, and the others, which begin in an empty world. Most end after the
#: first trouble, because what came of it shows in the cycles that follow.
ROUNDS = {True: (1, 1, 1, 1, 1, 1, 2), False: (1, 1, 1, 2)}
#: rounds of runs with accounts: a row leaves or waits in one, and its account changes in another.
ROUNDS_OF_RELATED = (1, 2, 2)
#: who comes in the first round.
POPULATIONS: dict[bool, list[tuple[str, ...]]] = {
    True: [(), ("add_row",), ("add_row",), ("add_person",), ("add_row", "add_person")],
    False: [
        ("add_row",) * rows + ("add_person",) * persons
        for rows in (1, 2, 3, 4)
        for persons in range(4)
    ],
}
#: what users do in some runs only.
KINDS_OF_RUN = ("deletions", "closings", "row_merges", "person_merges", "related")
#: share of the runs of a rare kind.
RARE = 0.08
#: about as many durable steps and calls as a busy cycle has.
STEPS, CALLS = 80, 10


@dataclass(frozen=True, slots=True)
class Style:
    """What kind of trouble a run has; a run without trouble can be judged most strictly."""

    invalid: bool
    deletions: bool
    edits: bool
    faults: bool
    crashes: bool
    lag: bool
    refusals: bool
    remapping: bool
    closings: bool = False
    row_merges: bool = False
    person_merges: bool = False
    related: bool = False

    @classmethod
    def drawn(cls, random: Random, seed: int) -> Style:
        """Draw the troubles; a changed mapping is dear to resolve, so it is rare.

        What users do to whole records is drawn apart, so that runs without it stay as they are.
        """
        apart = Random(f"records {seed}")
        troubles = [random.random() < 0.4 for one in fields(cls) if one.default is MISSING]
        style = replace(cls(*troubles), remapping=random.random() < 0.06)
        closings, row_merges = (apart.random() < 0.25 for _ in range(2))
        person_merges, related = (apart.random() < RARE for _ in range(2))
        return replace(
            style,
            closings=closings,
            row_merges=row_merges,
            person_merges=person_merges,
            related=related and not person_merges,
        )

    @property
    def actions(self) -> tuple[str, ...]:
        """The kinds of run whose actions users may take."""
        return tuple(kind for kind in KINDS_OF_RUN if getattr(self, kind))


CALM = Style(
    invalid=False,
    deletions=False,
    edits=False,
    faults=False,
    crashes=False,
    lag=False,
    refusals=False,
    remapping=False,
)


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a user does, and how many seconds pass until the next step."""

    kind: str
    seed: int
    pause: int = 0


@dataclass(frozen=True, slots=True)
class Weather:
    """What goes wrong in one attempt at a cycle; calls and steps are counted over all of it.

    :param crash_at: the durable step before or after which the process dies.
    :param edits: calls to a system before which a user does something.
    :param faults: calls to a system that fail, with how.
    :param lost_write: which of the calls that write is executed without its answer arriving;
        ``fatal`` when the process dies with it.
    :param stall: the stage before which the process sleeps for longer than its lease, while another
        run does everything.
    :param clash: seed of edits of what is about to be written, right before the write: of the same
        field in Dynamics, where the write is refused then, of another one in Marketo.
    :param sleep_at: the write to the store before which the process sleeps for longer than its
        lease, while another run does everything.
    """

    crash_at: int | None = None
    edits: Mapping[int, Act] = field(default_factory=dict)
    faults: Mapping[int, str] = field(default_factory=dict)
    lost_write: int | None = None
    fatal: bool = False
    stall: int | None = None
    clash: int | None = None
    sleep_at: int | None = None


@dataclass(frozen=True, slots=True)
class Attempts:
    """One run of the pipeline.

    :param backfill: of everything so far, instead of a scheduled run.
    :param again: a run that did not finish is tried once more, as its scheduler would.
    :param planned: a dry run comes first, and nothing happens to either (S010).
    """

    seed: int
    weather: Weather
    backfill: bool = False
    again: bool = False
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Round:
    """Some time passes, users act, something happens to the whole, and a cycle runs."""

    pause: int
    acts: tuple[Act, ...]
    cycle: Attempts
    event: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """One run up to the moment when edits stop.

    :param last: what users do after the last round; only undisturbed cycles follow.
    :param linked: it begins in a world with people that are linked already, not in an empty one.
    :param aim: what it is about, if it is not about everything.
    :param refused: a field whose values both servers refuse all the time.
    """

    seed: int
    style: Style
    mapping: Json
    batch_size: int
    page_size: int
    rounds: tuple[Round, ...]
    last: tuple[Act, ...] = ()
    linked: bool = False
    aim: str = ""
    refused: str = ""

    @property
    def length(self) -> int:
        """How many things happen: what shrinking makes smaller."""
        return len(self.last) + sum(
            1
            + len(one.acts)
            + len(one.cycle.weather.edits)
            + len(one.cycle.weather.faults)
            + (one.cycle.weather.crash_at is not None)
            + (one.cycle.weather.lost_write is not None)
            + (one.cycle.weather.stall is not None)
            + (one.cycle.weather.clash is not None)
            + (one.cycle.weather.sleep_at is not None)
            + bool(one.event)
            for one in self.rounds
        )


def drawn(seed: int) -> Schedule:
    """Draw the schedule of a seed."""
    random = Random(seed)
    style = Style.drawn(random, seed)
    mapping = mapping_of_run(seed, random)
    if style.person_merges:
        mapping = merging_mapping_of_run(seed)
    elif style.related:
        mapping = related_mapping_of_run(seed)
    batch_size = random.choice((2, 300))
    page_size = random.choice((SMALL_PAGE, 300, 300, 300)) if style.lag else 300
    linked = random.random() < LINKED
    most = ROUNDS_OF_RELATED if style.related else ROUNDS[linked]
    rounds = [_round(random, style) for _ in range(random.choice(most))]
    acts = tuple(_act(random, kind) for kind in random.choice(POPULATIONS[linked]))
    first = rounds[0]
    rounds[0] = Round(first.pause, acts + first.acts, first.cycle, first.event)
    last = _put_right(random, style)
    if random.random() < 0.5:
        last = acts_between(random, style) + last
    return Schedule(seed, style, mapping, batch_size, page_size, tuple(rounds), last, linked)


def _round(random: Random, style: Style) -> Round:
    acts = acts_between(random, style)
    event, backfill, chance = "", False, random.random()
    if style.remapping and chance < 0.25:
        event = "remap"
    elif chance < 0.1:
        event = "expire"
        acts += (_act(random, "delete_row"),) if style.deletions else ()
    elif style.faults and chance < 0.2:
        backfill = True
    cycle = Attempts(_seed(random), _weather(random, style), backfill, random.random() < 0.5)
    return Round(random.choice((20, 60, 60, 300, 1200, 3600)), acts, cycle, event)


def acts_between(random: Random, style: Style) -> tuple[Act, ...]:
    """Draw what users do between cycles."""
    return tuple(_drawn_act(random, style) for _ in range(random.choice((1, 2, 3))))


def _put_right(random: Random, style: Style) -> tuple[Act, ...]:
    """Draw what is taken back in the end: rows that were taken out of scope, or closed."""
    kinds = ("come_back", "reopen_row") if style.closings else ("come_back",)
    acts = tuple(_act(random, kind) for kind in kinds if random.random() < 0.5)
    return (*acts, _act(random, "show_accounts")) if style.related else acts


def _weather(random: Random, style: Style) -> Weather:
    crashes = style.crashes and random.random() < 0.5
    edits = random.randrange(4) if style.edits else 0
    faults = random.randrange(3) if style.faults else 0
    return Weather(
        crash_at=random.randrange(STEPS) if crashes else None,
        edits={random.randrange(1, CALLS): _meanwhile(random, style) for _ in range(edits)},
        faults={random.randrange(1, CALLS): random.choice(FAULTS) for _ in range(faults)},
        lost_write=random.randrange(1, 4) if style.faults and random.random() < 0.4 else None,
        stall=random.randrange(1, 6) if style.crashes and random.random() < 0.2 else None,
        clash=random.randrange(2**20) if style.edits and random.random() < 0.6 else None,
    )


def _drawn_act(random: Random, style: Style) -> Act:
    kinds, weights = weighted_actions(*style.actions)
    return _act(random, random.choices(kinds, weights)[0])


def _meanwhile(random: Random, style: Style) -> Act:
    """Draw what a user does while a cycle runs: most often to what was just edited."""
    return _act(random, "edit_again") if random.random() < 0.6 else _drawn_act(random, style)


def _act(random: Random, kind: str) -> Act:
    return Act(kind, _seed(random), random.choice((0, 1, 5)))


def _seed(random: Random) -> int:
    return random.randrange(2**32)
