"""Schedules that are aimed: a share of all, each about one thing that random ones seldom meet.

They are drawn apart, so that the others stay as they are, and are short.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from leadsync.model import Json
from simulation import schedule
from simulation.mappings import (
    filling_mapping_of_run,
    guarding_mapping_of_run,
    mapping_of_run,
)
from simulation.schedule import (
    CALM,
    LINKED,
    SMALL_PAGE,
    STEPS,
    Act,
    Attempts,
    Round,
    Schedule,
    Style,
    Weather,
)
from simulation.users_who_match import ACTS as ACTS_OF_MATCHING

#: share of the schedules that are aimed.
SHARE = 0.35
PAUSES = (20, 60, 300, 1200, 3600)
#: a pause after which a feed's activities are read just once more.
LONG_PAUSE = 1200


def drawn(seed: int) -> Schedule:
    """Draw the schedule of a seed."""
    random = Random(f"aim {seed}")
    if random.random() >= SHARE:
        return schedule.drawn(seed)
    (name,) = random.choices(list(AIMS), [_WEIGHTS.get(one, 2) for one in AIMS])
    mapping = _MAPPINGS.get(name, mapping_of_run)(seed, random)
    style, rounds = AIMS[name](random)
    linked = name not in _FROM_NOTHING and (name != "doubtful creates" or random.random() < LINKED)
    page_size = SMALL_PAGE if name == "late" else 300
    return Schedule(
        seed,
        style,
        mapping,
        2,
        page_size,
        rounds,
        linked=linked,
        aim=name,
        refused=_REFUSED.get(name, ""),
    )


def _losing_mapping_of_run(seed: int, random: Random) -> Json:
    """Draw a mapping, more often one whose deleted persons stay away."""
    drawn = [mapping_of_run(seed, random) for _ in range(3)]
    return max(drawn, key=lambda one: one["policies"]["on_marketo_delete"] == "suppress")


#: how the mappings of some aims are drawn.
_MAPPINGS: dict[str, Callable[[int, Random], Json]] = {
    "loss": _losing_mapping_of_run,
    "mass delete": guarding_mapping_of_run,
    "defaults": filling_mapping_of_run,
}
Aimed = tuple[Style, tuple[Round, ...]]


def _consent(random: Random) -> Aimed:
    """Stops, clicks and addresses, in good weather and bad."""
    first = ("stop", "click_after_going_on", "go_on_after_click", "take_a_stopped_address")
    style = CALM
    if random.random() < 0.5:
        return style, (_round(random, (random.choice(first),), _trouble(random, 0.4)),)
    before = random.choice(("stop", "go_on", "go_on"))
    then = random.choice((*first, "take_a_freed_address", "take_a_freed_address"))
    return style, (
        _round(random, (before,), _trouble(random, 0.3)),
        _round(random, (then,), _trouble(random, 0.2)),
    )


def _addresses(random: Random) -> Aimed:
    """New and closed records get an address of somebody who has opted out."""
    before = random.choice(("edit_row", "stop"))
    then = ("add_row_with_a_stopped_address", "close_and_take_a_stopped_address")
    return replace(CALM, closings=True), (
        _round(random, (before,), Weather()),
        _round(random, (random.choice(then),), _trouble(random, 0.2)),
    )


def _doubt(random: Random) -> Aimed:
    """An update whose answer is lost, and what users do to the same records then."""
    style = replace(CALM, lag=random.random() < 0.3, invalid=random.random() < 0.3)
    weather = Weather(lost_write=random.randrange(1, 3), fatal=True)
    again = ("edit_again",) * random.choice((1, 1, 2))
    rounds = [
        _round(random, (random.choice(("edit_row", "edit_person", "edit_both")),), weather),
        _round(random, again, _trouble(random, 0.2)),
        _round(random, ("edit_back",), Weather()),
    ]
    return style, tuple(rounds[: random.choice((2, 2, 3))])


def _doubtful_creates(random: Random) -> Aimed:
    """A record is made and the answer is lost; its users go on meanwhile."""
    making = random.choice((("add_row",), ("add_person", "ask_for_person"), ("ask_for_person",)))
    then = random.choice(("edit_again", "edit_person", "edit_row", "delete_row", "qualify"))
    weather = Weather(lost_write=random.randrange(1, 3), fatal=True)
    style = replace(CALM, deletions=True)
    return style, (
        _round(random, making, weather),
        _round(random, (then, "ask_for_person"), _trouble(random, 0.3)),
    )


def _meeting(random: Random) -> Aimed:
    """Users edit what is written in that very second."""
    acts = tuple(random.choice(("edit_row", "edit_row", "edit_person")) for _ in range(3))
    rounds = [
        _round(random, kinds, Weather(clash=random.randrange(2**20)))
        for kinds in (acts, (), ("edit_again",))
    ]
    return replace(CALM, edits=True), tuple(rounds[: random.randrange(1, 4)])


def _refused(random: Random) -> Aimed:
    """A server refuses a field, and the stop beside it must not wait (S109)."""
    acts = (random.choice(("stop_beside_refused", "stop_beside_refused", "edit_both")),)
    return CALM, (_round(random, acts, Weather()),)


def _rules(random: Random) -> Aimed:
    """Both sides change a field in the way that its rule is about."""
    acts = ("edit_ruled",) * random.choice((1, 1, 2))
    return CALM, (_round(random, acts, Weather()),)


def _held(random: Random) -> Aimed:
    """A pair is held, and its row is closed or leaves the scope while a cycle runs."""
    act = Act("stop_last_row", random.randrange(2**32))
    meanwhile = Weather(edits={random.randrange(5, 10): act})
    return replace(CALM, invalid=True), (
        _round(random, ("spoil_person",), Weather()),
        _round(random, ("edit_last_person",), meanwhile),
    )


def _waiting(random: Random) -> Aimed:
    """What people change in a closed pair waits until it is open again."""
    return replace(CALM, closings=True), (
        _round(random, ("close_and_edit",), Weather()),
        _round(random, ("edit_last_row",), Weather()),
        _round(random, ("reopen_row",), Weather()),
    )


def _spread(random: Random) -> Aimed:
    """Somebody stops, and the process dies before everybody with the address is told."""
    weather = Weather(crash_at=random.randrange(50, 80))
    return CALM, (_round(random, ("stop",), weather),)


def _late(random: Random) -> Aimed:
    """Activities appear late, in a part of the feed that takes several pages."""
    acts = tuple(random.choice(("edit_person", "edit_again")) for _ in range(10))
    rounds = [_round(random, one, Weather()) for one in (acts, ("edit_row",))]
    return replace(CALM, lag=True), tuple(rounds)


def _matching(random: Random) -> Aimed:
    """Records come at once that belong together, or seem to."""
    return CALM, (_round(random, random.sample(list(ACTS_OF_MATCHING), 2), _trouble(random, 0.1)),)


def _sleep(random: Random) -> Aimed:
    """The process sleeps for longer than its lease, right before it stores something."""
    acts = tuple(random.choice(("edit_row", "edit_person", "add_row")) for _ in range(3))
    weather = Weather(sleep_at=random.randrange(1, 9))
    if random.random() < 0.3:
        weather = Weather(stall=random.randrange(1, 6))
    return replace(CALM, crashes=True), (_round(random, acts, weather),)


def _loss(random: Random) -> Aimed:
    """Persons and rows are deleted, and their counterparts live on."""
    gone = random.choice(("delete_person", "delete_person", "delete_row"))
    then = tuple(random.choice(("edit_row", "edit_person", "restore_row")) for _ in range(3))
    first = _round(random, (gone,), Weather())
    if gone == "delete_person" and random.random() < 0.5:  # known long before a cycle fails
        acts = tuple(replace(act, pause=LONG_PAUSE) for act in first.acts)
        weather = Weather(crash_at=random.randrange(6, 20))
        first = replace(first, acts=acts, cycle=replace(first.cycle, weather=weather, again=False))
    return replace(CALM, deletions=True), (first, _round(random, then, Weather()))


def _mass_delete(random: Random) -> Aimed:
    """Rows vanish, perhaps too many, until somebody says that it was meant."""
    kinds = ("add_many_rows",), (), ("delete_rows", "edit_row", "edit_person"), ("edit_row",)
    rounds = [_round(random, one, Weather()) for one in kinds]
    rounds[2] = replace(rounds[2], cycle=replace(rounds[2].cycle, planned=random.random() < 0.3))
    rounds[3] = replace(rounds[3], event="permit")
    return replace(CALM, deletions=True), tuple(rounds)


def _defaults(random: Random) -> Aimed:
    """Persons without a name become rows, and get one then, or not."""
    making = ("ask_for_a_nameless_person",) * random.choice((1, 2))
    edits = ("edit_a_person_asked_for", "edit_a_row_asked_for", "edit_a_row_asked_for")
    weather = _trouble(random, 0.2)
    if random.random() < 0.2:
        weather = Weather(lost_write=1, fatal=True)
    return CALM, (
        _round(random, making, weather),
        _round(random, (random.choice(edits),), Weather()),
        _round(random, (random.choice(edits),), Weather()),
    )


def _plan(random: Random) -> Aimed:
    """Dry runs come before cycles."""
    style = replace(CALM, invalid=random.random() < 0.5, deletions=random.random() < 0.5)
    kinds = [
        tuple(act.kind for act in schedule.acts_between(random, style))
        for _ in range(random.choice((1, 1, 2)))
    ]
    rounds = [_round(random, one, Weather()) for one in kinds]
    planned = [replace(one, cycle=replace(one.cycle, planned=True)) for one in rounds]
    return style, tuple(planned)


#: what schedules are aimed at, with how they are drawn.
AIMS: dict[str, Callable[[Random], Aimed]] = {
    "consent": _consent,
    "doubt": _doubt,
    "doubtful creates": _doubtful_creates,
    "meeting": _meeting,
    "refused": _refused,
    "rules": _rules,
    "addresses": _addresses,
    "held": _held,
    "waiting": _waiting,
    "spread": _spread,
    "late": _late,
    "matching": _matching,
    "sleep": _sleep,
    "loss": _loss,
    "plan": _plan,
    "defaults": _defaults,
    "mass delete": _mass_delete,
}
#: the field that servers refuse.
_REFUSED = {"refused": "title"}
_FROM_NOTHING = ("mass delete", "defaults")
#: how often, if not twice; a changed mapping is dear to resolve.
_WEIGHTS = {"consent": 3} | dict.fromkeys(
    (
        "plan",
        "addresses",
        "held",
        "waiting",
        "refused",
        "defaults",
        "mass delete",
        "spread",
        "late",
    ),
    1,
)


def _trouble(random: Random, chance: float) -> Weather:
    """Draw one thing that goes wrong, if anything does."""
    if random.random() >= chance:
        return Weather()
    if random.random() < 0.5:
        return Weather(crash_at=random.randrange(STEPS // 2))
    return Weather(lost_write=random.randrange(1, 4))


def _round(random: Random, kinds: Sequence[str], weather: Weather) -> Round:
    acts = tuple(Act(kind, random.randrange(2**32), random.choice((0, 1, 5, 60))) for kind in kinds)
    cycle = Attempts(random.randrange(2**32), weather, again=random.random() < 0.2)
    return Round(random.choice(PAUSES), acts, cycle)
