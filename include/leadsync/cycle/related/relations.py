"""Accounts, users and teams that this cycle knows, and the people of those that changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.related.related_values import related_plans
from leadsync.cycle.work import Work
from leadsync.mapping.plan import SyncPlan
from leadsync.mapping.related_fields import TARGETS, VIA
from leadsync.merge.pairs import Pair
from leadsync.state.port import LinkRow, RelatedRow

#: a table and an id in it.
Target = tuple[str, str]


@dataclass(slots=True)
class Relations:
    """What rows can refer to.

    :param targets: by lookup column the tables that it may lead to, the main one first; empty when
        neither company nor owner fields are mapped.
    :param related: what is known, by table and id; contacts have no fields.
    :param changed: those whose values differ from what people were last given.
    :param touched: links of people who refer to one that changed.
    """

    targets: dict[str, tuple[str, str]]
    related: dict[Target, RelatedRow] = field(default_factory=dict)
    changed: set[Target] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)

    def find(self, column: str, row_id: str) -> RelatedRow | None:
        """Return what a lookup leads to, if it is known."""
        for table in self.targets[column]:
            if (table, row_id) in self.related:
                return self.related[table, row_id]
        return None

    def learn(self, engine: Engine, wanted: Iterable[tuple[str, str]]) -> None:
        """Read from the store what rows refer to, by lookup column and id."""
        ids: dict[str, set[str]] = defaultdict(set)
        for column, row_id in wanted:
            for table in self.targets[column]:
                if (table, row_id) not in self.related:
                    ids[table].add(row_id)
        for table, found in ids.items():
            for row in engine.store.related(table, sorted(found)):
                self.related[table, row["id"]] = row


def load_relations(engine: Engine, cycle: Cycle, plan: SyncPlan) -> Relations:
    """Return what the extract has found out."""
    targets = {
        column: TARGETS[section]
        for section, _ in related_plans(plan)
        for column in dict.fromkeys(VIA[section].values())
    }
    relations = Relations(targets)
    if targets:
        for record, values in engine.staging.read_rows(cycle.cycle_id, "related").pairs():
            if record["event"] == "missing":
                continue
            target = (record["table"], record["id"])
            active = record["active"] == "true"
            relations.related[target] = RelatedRow(
                table=target[0], id=target[1], fields=values, active=active
            )
            relations.changed.add(target)
    return relations


def add_people_of_changed(engine: Engine, relations: Relations, work: Work) -> None:
    """Make pairs of the people whose account or owner has changed, whether their row has or not."""
    removed = {removal.link["link_id"] for removal in work.removals}
    for link in _referring(engine, relations):
        current = work.links.get(link["link_id"], link)
        follows = current["status"] in ("open", "inactive")
        if follows and link["link_id"] not in removed:
            relations.touched.add(link["link_id"])
            work.pairs.setdefault(link["link_id"], Pair(current))


def _referring(engine: Engine, relations: Relations) -> Iterator[LinkRow]:
    ids: dict[str, list[str]] = defaultdict(list)
    for table, row_id in sorted(relations.changed):
        ids[table].append(row_id)
    for column, tables in relations.targets.items():
        for table in tables:
            if table in ids:
                yield from engine.store.links_referring(column, table, ids[table])
