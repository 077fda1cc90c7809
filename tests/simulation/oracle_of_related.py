"""Judges what people show of accounts and owners (semantics.md 8.I, S102, S103)."""

from __future__ import annotations

from collections.abc import Container

from leadsync.model import Json
from simulation.diary import Diary, Edit, Pair
from simulation.oracle_of_links import QUALIFIED
from simulation.oracle_of_values import ValueJudge
from simulation.related import FIELDS, NOTHING, UNKNOWN, source_of
from simulation.values import Value


def check_related(diary: Diary, only: Container[Pair] | None = None) -> None:
    """Judge the company and owner values of all pairs, or of those that a cycle had to itself."""
    if not diary.world.mapping.get("company"):
        return
    _check_waiting(diary)
    judge = _RelatedJudge(diary)
    waiting = {row["dynamics_id"] for row in diary.world.store.deferred()}
    for pair, table, person, row in judge.pairs:
        ended = table == "lead" and row["statecode"] == QUALIFIED
        stopped = row["new_synctomkto"] is False or person["leadsyncDynamicsDeleted"]
        if ended or stopped or pair[1] in waiting or (only is not None and pair not in only):
            continue
        for name in FIELDS:
            if not judge.held(*pair, name):
                judge.field(pair, table, person, row, name)


def _check_waiting(diary: Diary) -> None:
    """S104: a row waits as many cycles for its account as it may, and is held then."""
    most = diary.world.mapping["policies"]["lookup_wait_cycles"]
    for row in diary.world.store.deferred():
        _, ended = diary.unseen.get(row["dynamics_id"] or "", (0, 0))
        waits = row["direction"] == "to_marketo" and ended > most
        assert not waits, f"S104: {row} waits for more than {most} cycles"
    for item in diary.world.store.quarantine(statuses=("open",)):
        began, _ = diary.unseen.get(item["dynamics_id"] or "", (most + 1, 0))
        missing = any(failure["rule"] == "lookup_missing" for failure in item["failures"])
        assert began > most or not missing, f"S104: {item} is held after {began} cycles of {most}"


class _RelatedJudge(ValueJudge):
    def field(self, pair: Pair, table: str, person: Json, row: Json, name: str) -> None:
        """S038, S039, S102: a person shows what its row has, or what its user entered since."""
        source, nothing = source_of(self.world, table, row, name)
        if nothing == UNKNOWN:
            return
        agreed = self.diary.agreed.get((pair, name))
        own = self._own(pair, name, agreed)
        allowed = self._allowed_values(pair, name, source, nothing, agreed, own)
        now = person[name]
        story = f"{table} {pair} {name}: {now!r}, {source!r} {nothing}, {agreed} {own} {allowed}"
        assert allowed is None or now in allowed, f"S102: {story}"

    def _own(self, pair: Pair, name: str, agreed: Edit | None) -> Edit | None:
        """Return what a user of Marketo entered since the two agreed or became a pair."""
        edit = self.diary.edits.get((pair[0], name))
        before = self.diary.before_link.get(pair)
        since = agreed.at if agreed else before.at if before else -1
        return edit if edit is not None and edit.at > since else None

    def _allowed_values(
        self,
        pair: Pair,
        name: str,
        source: Value,
        nothing: str | None,
        agreed: Edit | None,
        own: Edit | None,
    ) -> set[Value] | None:
        """Return what the person may show; ``None`` where nobody can tell."""
        mine = {own.value} if own else set[Value]()
        since = agreed.at if agreed else -1
        restless = self.diary.was_restless(pair, since)
        if nothing == NOTHING:
            if self._has_no_source(pair, name):
                edit = self.diary.edits.get((pair[0], name))
                return {edit.value if edit else None}
            return self._without_source(pair, agreed, mine, restless=restless)
        if agreed is None or own is None:
            return {source} | mine
        if source != agreed.value:
            return {source} | (mine if restless else set())
        return {source} | mine if restless or self._changes(pair, since) else mine

    def _has_no_source(self, pair: Pair, name: str) -> bool:
        """Tell whether neither this row nor another one could ever give the person a value."""
        rows = {row for person, row in self.diary.before_link if person == pair[0]} | {pair[1]}
        leads = {lead for lead, contact in self.diary.became.items() if contact in rows}
        return not any((row, name) in self.diary.sourced for row in rows | leads)

    def _without_source(
        self, pair: Pair, agreed: Edit | None, mine: set[Value], *, restless: bool
    ) -> set[Value] | None:
        """S103: without an account its values go or stay by policy; a user's own ones stay."""
        if agreed is None or restless:
            return None
        if self.mapping["policies"]["on_account_removed"] == "clear":
            return {None} if agreed.value is not None else {None} | mine
        return {agreed.value} | mine if all(self._changes(pair, agreed.at)) else None

    def _changes(self, pair: Pair, since: int) -> list[bool]:
        """Return what happened to what the row refers to: whether it lost its account."""
        return [lost for at, lost in self.diary.shown_at[pair[1]].items() if at > since]
