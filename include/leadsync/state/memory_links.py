"""Links in memory, found by person and by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from leadsync.model import Table
from leadsync.state.links import pair_of
from leadsync.state.port import LIVE, LinkRow


class LinkIndex:
    """All links by id, with an index by person and one by row; rows are copied in and out."""

    def __init__(self) -> None:
        self._links: dict[str, LinkRow] = {}
        self._by_person: defaultdict[int, set[str]] = defaultdict(set)
        self._by_row: defaultdict[Hashable, set[str]] = defaultdict(set)

    def __contains__(self, link_id: str) -> bool:
        return link_id in self._links

    def write(self, rows: Iterable[LinkRow]) -> None:
        """Upsert links."""
        for row in rows:
            self._forget(row["link_id"])
            person, *place = pair_of(row)
            self._links[row["link_id"]] = row.copy()
            self._by_person[person].add(row["link_id"])
            self._by_row[tuple(place)].add(row["link_id"])

    def _forget(self, link_id: str) -> None:
        old = self._links.pop(link_id, None)
        if old is not None:
            person, *place = pair_of(old)
            self._by_person[person].discard(link_id)
            self._by_row[tuple(place)].discard(link_id)

    def of_persons(self, marketo_ids: Iterable[int]) -> list[LinkRow]:
        """Return links of any status for the persons."""
        return self._found(i for person in marketo_ids for i in self._by_person.get(person, ()))

    def of_ids(self, link_ids: Iterable[str]) -> list[LinkRow]:
        """Return the links with these ids."""
        return self._found(i for i in link_ids if i in self._links)

    def matching(self, condition: Callable[[LinkRow], bool]) -> list[LinkRow]:
        """Return the links for which ``condition`` holds."""
        return self._found(i for i, row in self._links.items() if condition(row))

    def remove(self, rows: Iterable[LinkRow]) -> None:
        """Forget links."""
        for row in rows:
            self._forget(row["link_id"])

    def of_rows(self, table: Table, dynamics_ids: Iterable[str]) -> list[LinkRow]:
        """Return links of any status for the rows."""
        return self._found(
            link_id
            for dynamics_id in dynamics_ids
            for link_id in self._by_row.get((table, dynamics_id), ())
        )

    def near(self, rows: Sequence[LinkRow]) -> list[LinkRow]:
        """Return the links that share a person or a row with one of ``rows``."""
        places = [tuple(pair_of(row)[1:]) for row in rows]
        return [
            *self.of_persons(row["marketo_id"] for row in rows),
            *self._found(i for place in places for i in self._by_row.get(place, ())),
        ]

    def after(self, link_id: str, limit: int) -> list[LinkRow]:
        """Return the next live links in the order of their ids."""
        return self.matching(lambda row: row["link_id"] > link_id and row["status"] in LIVE)[:limit]

    def live(self, table: Table, after: str = "") -> list[LinkRow]:
        """Return all live links of a table behind ``after``, by id."""
        return self._found(
            link_id
            for link_id, row in self._links.items()
            if row["dynamics_table"] == table and row["status"] in LIVE and link_id > after
        )

    def _found(self, link_ids: Iterable[str]) -> list[LinkRow]:
        wanted = set(link_ids)
        return [self._links[link_id].copy() for link_id in sorted(wanted)] if wanted else []
