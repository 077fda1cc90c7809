"""Bring the persons that show a renamed label into the cycle, and remember how far it came (S061).

A person that nobody has touched is not read: it still shows the code of its base.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from leadsync.cycle.carried import row_key
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.plan.renamed_options import Renamed, has_code, read_renamed, write_renamed
from leadsync.cycle.work import Work
from leadsync.mapping.plan import FieldPlan
from leadsync.merge.pairs import Pair
from leadsync.merge.three_way import Decision, Sides
from leadsync.model import Json
from leadsync.state.port import LIVE, LinkRow
from leadsync.values.marks import is_marked

DOCUMENT = "relabelled"
#: why a value is written that both sides have already.
RULE = "option renamed in Dynamics"
#: persons that one cycle gives a new label, links that it looks at for them, and links at a time.
MOST_PERSONS, MOST_LINKS, AT_ONCE = 3_000, 100_000, 5_000


def add_relabelled(engine: Engine, cycle: Cycle, work: Work) -> None:
    """Make pairs of the next persons that show a renamed label."""
    renamed = read_renamed(engine.store) if cycle.moves_cursors else None
    if renamed is None:
        return
    links, after = _next(engine, renamed)
    removed = {removal.link["link_id"] for removal in work.removals}
    for link in links:
        current = work.links.get(link["link_id"], link)
        if current["status"] in ("open", "inactive") and link["link_id"] not in removed:
            pair = work.pairs.setdefault(link["link_id"], Pair(current))
            pair.relabelled = renamed.codes.get(link["dynamics_table"], {})
    told = {"begun": renamed.to_json(), "after": after, "persons": [_person(li) for li in links]}
    engine.staging.write_document(cycle.cycle_id, DOCUMENT, told)


def _person(link: LinkRow) -> list[str | int]:
    return [row_key(link["dynamics_table"], link["dynamics_id"]), link["marketo_id"]]


def _next(engine: Engine, renamed: Renamed) -> tuple[list[LinkRow], str | None]:
    """Return links to see to, and the last one that was looked at; ``None`` after the very last."""
    again = engine.store.links_of_persons(renamed.again)
    found = [link for link in again if link["status"] in LIVE]
    after = renamed.after
    for _ in range(MOST_LINKS // AT_ONCE):
        if after is None or len(found) >= MOST_PERSONS:
            break
        links = engine.store.links_after(after, AT_ONCE)
        bases = engine.store.base_of([link["link_id"] for link in links])
        found.extend(
            link
            for link in links
            if renamed.concerns(link["dynamics_table"], bases.get(link["link_id"], {}))
        )
        after = links[-1]["link_id"] if len(links) == AT_ONCE else None
    return found, after


def write_labels(
    fields: Sequence[FieldPlan], pairs: Sequence[Pair], sides: Sides, decision: Decision
) -> None:
    """Let renamed options be written to Marketo where the row's value stands."""
    for position, pair in enumerate(pairs):
        if not pair.relabelled:
            continue
        for column, plan in enumerate(fields):
            codes = pair.relabelled.get(plan.name)
            value = sides.dynamics[position, column]
            if codes and not is_marked(value) and has_code(value, codes):
                decision.to_marketo[position, column] |= not decision.to_dynamics[position, column]


def settle_relabelled(engine: Engine, cycle: Cycle, outcomes: Iterable[Json]) -> None:
    """Remember how far the cycle came; what was deferred is seen to again."""
    staged = engine.staging.read_document(cycle.cycle_id, DOCUMENT)
    current = read_renamed(engine.store)
    if staged is None or current is None or current.to_json() != staged["begun"]:
        return  # something else was renamed meanwhile: it begins anew
    deferred = {one["record_key"] for one in outcomes if one["state"] == "deferred"}
    again = tuple(person for key, person in staged["persons"] if key in deferred)
    after = staged["after"]
    done = after is None and not again
    rest = Renamed() if done else Renamed(current.codes, after, again)
    write_renamed(engine.store, rest, engine.clock.now())
