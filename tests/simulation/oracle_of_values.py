"""Judges what every field of every pair ended with (semantics.md 2 and 9, P1, P3 and P4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from leadsync.model import Json
from simulation.diary import Before, Diary, Edit, Pair
from simulation.oracle_of_defaults import default_of, is_lacking
from simulation.oracle_of_links import QUALIFIED
from simulation.values import COLUMNS, Value, compared, fields_of, plain
from simulation.view import View

#: of ``newest_wins``, as the mapping's documentation states it.
TOLERANCE = timedelta(seconds=300)


class ValueJudge(View):
    """Judges the values of pairs, but for persons that may belong to other rows by now."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary)
        if diary.unclear:
            self.pairs = [one for one in self.pairs if one[0][0] not in diary.unclear]

    def held(self, person: int, row_id: str, name: str) -> bool:
        """Tell whether a field of a pair waits in quarantine, alone or with its record."""
        for item in self.items:
            whole = item["record_key"].count(":") == (
                1 if item["direction"] == "to_dynamics" else 2
            )
            mine = item["marketo_id"] == person or item["dynamics_id"] == row_id
            if mine and (whole or item["record_key"].endswith(f":{name}")):
                return True
        return False

    def held_by_itself(self, pair: Pair, table: str, name: str) -> bool:
        """Tell whether a field is itself what failed."""
        mine = (i for i in self.items if i["marketo_id"] == pair[0] or i["dynamics_id"] == pair[1])
        failed = {failure["field"] for item in mine for failure in item["failures"]}
        return bool(failed & {name, COLUMNS[name], ""})

    def has_clash(self, pair: Pair, table: str, name: str) -> bool:
        """Tell whether users gave a field two values since it was agreed on, as all could see."""
        agreed = self.diary.agreed.get((pair, name))
        if agreed is None or not all(self._edited_since(agreed.at, pair, name)):
            return False
        verdict = self._verdict(pair, table, name, "both")
        values = (verdict.marketo, verdict.dynamics, agreed.value)
        apart = len({compared(self.mapping, name, value) for value in values}) == len(values)
        return apart and not self.diary.was_restless(pair, agreed.at)

    def values(self) -> None:
        """Judge every field of every pair in scope."""
        for pair, table, person, row in self.pairs:
            if table == "lead" and row["statecode"] == QUALIFIED:
                continue  # a qualified lead is not edited any more (S096)
            if row["new_synctomkto"] is False or person["leadsyncDynamicsDeleted"]:
                self._kept_after(pair, table, person, row)
                continue
            for name in fields_of(table):
                if name in self.entries:
                    self._field(pair, table, name, person, row)

    def _kept_after(self, pair: Pair, table: str, person: Json, row: Json) -> None:
        """Outside of the filter both sides keep what their users enter (S085, S086)."""
        for name in fields_of(table):
            for record, now in ((pair[0], person.get(name)), (pair[1], row[COLUMNS[name]])):
                edit = self.diary.edits.get((record, name))
                excused = name == "unsubscribed" and record in self.diary.opted_out
                excused |= record == pair[0] and self._met_a_write(pair, edit)
                if edit and edit.at > self.diary.flag_set.get(pair[1], 0) and not excused:
                    kept = plain(name, now) == edit.value or self.stopped(name, now, record)
                    assert kept, f"P3: {record} {name} {now} {edit}"

    def _met_a_write(self, pair: Pair, edit: Edit | None) -> bool:
        """Tell whether the pair left the filter, and its person was edited, while one cycle ran.

        Marketo cannot refuse the write that was on its way, and nothing is written afterwards.
        """
        left, entered = self.diary.flag_set.get(pair[1], 0), edit.at if edit else 0
        return any(began < left < entered <= end for began, end in self.diary.cycles)

    def _field(self, pair: Pair, table: str, name: str, person: Json, row: Json) -> None:
        entry = self.entries[name]
        direction = entry.get("direction", "both")
        marketo, dynamics = plain(name, person.get(name)), plain(name, row[COLUMNS[name]])
        default = default_of(self.diary, pair, name)
        still_default = marketo is None and default is not None and dynamics == default
        if still_default or self._is_as_agreed(pair, name, marketo, dynamics):
            return
        verdict = self._verdict(pair, table, name, direction)
        story = _Story(table, pair, marketo, dynamics, entry, verdict)
        if self.held(*pair, name):
            known = self.diary.entered[pair[0], name] | self.diary.entered[pair[1], name]
            stops = name == "unsubscribed" and direction == "both" and row["statecode"] == 0
            stops = stops and verdict.has_stop
            if stops and not self.held_by_itself(pair, table, name):
                assert marketo == dynamics, f"S109: a stop waits for its record: {story}"
            known |= {verdict.marketo, verdict.dynamics, *verdict.allowed}
            if self.stopped(name, True, *pair):
                known.add(True)
            assert self._in(name, marketo, known), f"P3: a value of nobody: {story}"
            assert self._in(name, dynamics, known), f"P3: a value of nobody: {story}"
            return
        if self.diary.is_closed(pair[1]):
            self._closed(name, direction, marketo, dynamics, verdict, story)
            return
        if direction == "both":
            same = self._same(name, marketo, dynamics)
            assert same, f"P1: {story}"
            right = self._in(name, marketo, verdict.allowed) or self.stopped(name, marketo, *pair)
            assert right, f"P3/P4: {story}"
            return
        self._one_way(name, direction, marketo, dynamics, verdict, story)

    def _edited_since(self, moment: int, pair: Pair, name: str) -> tuple[bool, bool]:
        """Tell for each side whether a user has edited its field since a moment."""
        edits = self.diary.edits
        marketo, dynamics = edits.get((pair[0], name)), edits.get((pair[1], name))
        return (
            marketo is not None and marketo.at > moment,
            dynamics is not None and dynamics.at > moment,
        )

    def _is_as_agreed(self, pair: Pair, name: str, marketo: Value, dynamics: Value) -> bool:
        """Tell whether a field has its value of before on both sides, and nobody edited it since.

        Such a field is right, whatever its rule, direction and record.
        """
        agreed = self.diary.agreed.get((pair, name))
        if agreed is None or any(self._edited_since(agreed.at, pair, name)):
            return False
        return all(self._same(name, now, agreed.value) for now in (marketo, dynamics))

    def _closed(
        self,
        name: str,
        direction: str,
        marketo: Value,
        dynamics: Value,
        verdict: Verdict,
        story: _Story,
    ) -> None:
        """A closed row keeps what its users entered; the person waits or has its value (S096).

        A collision that the person has lost reaches it; one that it has won waits. So does an edit
        that our write went over before the row was closed.
        """
        kept = {verdict.dynamics} if verdict.dynamics_is_users else {dynamics}
        if verdict.marketo_edited:  # written before the row was closed
            kept |= {*self.diary.entered[story.pair[0], name], verdict.marketo}
        told = self.stopped(name, dynamics, *story.pair)  # before it was closed
        assert told or self._in(name, dynamics, kept), f"S096: {story}"
        if direction == "both":
            right = self._in(name, marketo, verdict.allowed)
            right = right or self.stopped(name, marketo, *story.pair)
            right = right or (story.pair[0], name) in self.diary.written_over
            assert right, f"P3/P4: {story}"
        elif direction == "to_marketo" and verdict.dynamics_edited and not verdict.marketo_edited:
            assert self._same(name, marketo, dynamics), f"P1: {story}"

    def _one_way(
        self,
        name: str,
        direction: str,
        marketo: Value,
        dynamics: Value,
        verdict: Verdict,
        story: _Story,
    ) -> None:
        """The source is never written; the target has its value, or a later one of its own.

        An edit of the target alone stays until the source changes (as S039 for companies).
        """
        if direction in ("to_marketo", "off") and verdict.dynamics_is_users:
            assert self._same(name, dynamics, verdict.dynamics), f"P3: source written: {story}"
        if direction in ("to_dynamics", "off") and verdict.marketo_is_users:
            assert self._same(name, marketo, verdict.marketo), f"P3: source written: {story}"
        if direction == "off":
            return
        source, target = (dynamics, marketo) if direction == "to_marketo" else (marketo, dynamics)
        edited_source, edited_target = (
            (verdict.dynamics_edited, verdict.marketo_edited)
            if direction == "to_marketo"
            else (verdict.marketo_edited, verdict.dynamics_edited)
        )
        if edited_source and not edited_target:
            assert self._same(name, source, target), f"P1: {story}"
        else:
            own = verdict.marketo if direction == "to_marketo" else verdict.dynamics
            allowed = {source, own, *verdict.allowed}
            assert self._in(name, target, allowed), f"P3: {story}"

    def _verdict(self, pair: Pair, table: str, name: str, direction: str) -> Verdict:
        diary = self.diary
        agreed = diary.agreed.get((pair, name))
        since = agreed.at if agreed else -1
        marketo = _since(diary.edits.get((pair[0], name)), since)
        dynamics = _since(diary.edits.get((pair[1], name)), since)
        before = diary.before_link.get(pair)
        if is_lacking(diary, pair, name, marketo):
            marketo = None
        elif agreed is None and before is not None:
            marketo, dynamics = _unless_older(before, name, marketo, dynamics)
        base = agreed.value if agreed else None
        verdict = Verdict(
            marketo=marketo.value if marketo else base,
            dynamics=dynamics.value if dynamics else base,
            marketo_edited=marketo is not None,
            dynamics_edited=dynamics is not None,
            marketo_is_users=(pair[0], name) in diary.edits,
            dynamics_is_users=(pair[1], name) in diary.edits,
            allowed=set(),
            newest=set(),
            has_stop=any(diary.stops.is_new(pair[0], edit) for edit in (marketo, dynamics)),
        )
        if marketo and dynamics:
            verdict.newest = self._newest(pair, table, name, marketo, dynamics)
        verdict.allowed = self._allowed(verdict, agreed, pair, table, name)
        if name == "unsubscribed" and self.diary.opted_out.intersection(pair):
            verdict.allowed.add(True)
        verdict.allowed |= {default_of(diary, pair, name)} - {None}
        return verdict

    def _newest(
        self, pair: Pair, table: str, name: str, marketo: Edit, dynamics: Edit
    ) -> set[Value]:
        """Return what ``newest_wins`` must end with, as far as that is beyond doubt (S048).

        Either system knows when a record was changed last, but not which field. Within the
        tolerance the type decides. What an earlier cycle has looked at has no time any more.
        """
        diary = self.diary
        of_person = [edit.at for (record, _), edit in diary.edits.items() if record == pair[0]]
        either = {marketo.value, dynamics.value}
        entered = diary.edits.get((pair[0], name)) == marketo and marketo.timed and dynamics.timed
        if not entered or min(marketo.at, dynamics.at) <= diary.fresh_since:
            return either
        first_m, last_m = diary.time_of(marketo.at), diary.time_of(max(of_person))
        first_d, last_d = (diary.time_of(at) for at in (dynamics.at, diary.row_touched[pair[1]]))
        if first_m - last_d > TOLERANCE:
            return {marketo.value}
        if first_d - last_m > TOLERANCE:
            return {dynamics.value}
        if max(last_m - first_d, last_d - first_m) <= TOLERANCE:
            return {marketo.value if table == "lead" else dynamics.value}
        return either

    def _allowed(
        self, verdict: Verdict, agreed: Edit | None, pair: Pair, table: str, name: str
    ) -> set[Value]:
        """Return the values that a two-way field may end with (semantics.md 2).

        A trip through other values and back is no change, unless a cycle saw it on the way (S044).
        Edits that straddle a troubled cycle: either side's last value is right, no older one is.
        """
        both = {verdict.marketo, verdict.dynamics}
        if not (verdict.marketo_edited and verdict.dynamics_edited):
            if verdict.marketo_edited or verdict.dynamics_edited:
                one = verdict.marketo if verdict.marketo_edited else verdict.dynamics
                return {one}
            return {agreed.value} if agreed else both
        if len(both) == 1 or self.diary.was_restless(pair, agreed.at if agreed else -1):
            return both
        if agreed and self._same(name, verdict.marketo, agreed.value):
            return {verdict.dynamics}
        if agreed and self._same(name, verdict.dynamics, agreed.value):
            return {verdict.marketo}
        return self._winner(verdict, table, self.entries[name].get("rule", "type_rule"))

    def _winner(self, verdict: Verdict, table: str, rule: str) -> set[Value]:
        marketo, dynamics = {verdict.marketo}, {verdict.dynamics}
        by_type = marketo if table == "lead" else dynamics
        if rule == "newest_wins":  # within the tolerance either may win
            return verdict.newest or marketo | dynamics
        if rule == "most_restrictive":
            return {True}
        if rule == "non_empty_wins" and None in marketo | dynamics:
            return (marketo | dynamics) - {None}
        return {"marketo_wins": marketo, "dynamics_wins": dynamics}.get(rule, by_type)

    def _same(self, name: str, left: Value, right: Value) -> bool:
        return compared(self.mapping, name, left) == compared(self.mapping, name, right)

    def _in(self, name: str, value: Value, allowed: set[Value]) -> bool:
        return any(self._same(name, value, other) for other in allowed)


@dataclass(frozen=True, slots=True)
class _Story:
    """What a failed judgement of a field says."""

    table: str
    pair: Pair
    marketo: Value
    dynamics: Value
    entry: Json
    verdict: Verdict

    def __str__(self) -> str:
        values = f"Marketo {self.marketo!r}, Dynamics {self.dynamics!r}"
        return f"{self.table} {self.pair}: {values}, {self.entry}, {self.verdict}"


@dataclass(slots=True, repr=False)
class Verdict:
    """What users entered on a pair's field since it last agreed, and what it may end with.

    :ivar has_stop: whether a user has said stop since, and no cycle has left it on both sides yet;
        going on again may wait.
    """

    marketo: Value
    dynamics: Value
    marketo_edited: bool
    dynamics_edited: bool
    marketo_is_users: bool
    dynamics_is_users: bool
    allowed: set[Value]
    newest: set[Value]
    has_stop: bool

    def __repr__(self) -> str:
        marketo = f"M {self.marketo!r}{'*' * self.marketo_edited}"
        dynamics = f"D {self.dynamics!r}{'*' * self.dynamics_edited}"
        return f"{marketo} {dynamics} allowed {self.allowed}"


def _unless_older(
    before: Before, name: str, marketo: Edit | None, dynamics: Edit | None
) -> tuple[Edit | None, Edit | None]:
    """Put what the records held when they became a pair in the place of edits before that.

    A record may have had another counterpart, whose values it took over.
    """
    if before.person is not None and (marketo is None or marketo.at < before.at):
        marketo = Edit(before.at, plain(name, before.person.get(name)))
    if before.row is not None and (dynamics is None or dynamics.at < before.at):
        dynamics = Edit(before.at, plain(name, before.row.get(COLUMNS[name])))
    return marketo, dynamics


def _since(edit: Edit | None, moment: int) -> Edit | None:
    return edit if edit is not None and edit.at > moment else None
