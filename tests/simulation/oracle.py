"""Judges where a run ended, from what users did alone (semantics.md 9, P1 to P9)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from leadsync.cycle.report import TERMINAL
from leadsync.model import TABLES, Json
from leadsync.state.port import LIVE, QuarantineRow
from simulation.diary import Before, Diary, Edit, Pair
from simulation.values import COLUMNS, Value, compared, fields_of, invalid_fields, plain

#: state of a lead that has become a contact.
QUALIFIED = 1


def check_report(report: Json) -> None:
    """P7: every extracted row is in one terminal state, and the report adds up."""
    for tables in report["counts"].values():
        for counts in tables.values():
            assert counts["extracted"] == sum(counts[state] for state in TERMINAL), f"P7: {report}"
            assert counts["applied"] == counts["created"] + counts["updated"], f"P7: {report}"


def check_settled(diary: Diary) -> None:
    """Judge the state after two clean cycles without edits."""
    judge = _Judge(diary)
    judge.links()
    judge.persons_of_rows()
    judge.quarantine()
    judge.values()
    judge.loners()


def check_pairs(diary: Diary, quiet: Container[Pair]) -> None:
    """Judge pairs right after a cycle that nobody disturbed; what is deferred may take another."""
    judge = _Judge(diary)
    deferred = {row["dynamics_id"] for row in diary.world.store.deferred()}
    judge.pairs = [p for p in judge.pairs if p[0] in quiet and p[0][1] not in deferred]
    judge.values()


def check_created(diary: Diary) -> None:
    """S022, S033: a row with an e-mail takes the one free person that has it, or none at all.

    Judged for rows and persons whose e-mail nobody touched while the cycle ran.
    """
    before = diary.records_before
    for (person, row_id), _, _values, row in diary.pairs():
        was = before.get(row_id)
        mine = before.get(person)
        if was is None or was["emailaddress1"] != row["emailaddress1"]:
            continue
        if mine is not None and mine["leadsyncDynamicsId"]:
            continue
        key = _email_key(row["emailaddress1"])
        same = [p for p in diary.persons_with(key) if p != person] if key else []
        assert not same, f"S022/S033: {row_id} got {person}, its e-mail belongs to {same}"


def check_scope(diary: Diary, began: int, persons: int, rows: int) -> None:
    """S085, S086: nothing but a stop is written to a pair that was out of scope before the cycle.

    :param persons: number of writes to Marketo before the cycle; ``rows`` likewise for Dynamics.
    """
    world = diary.world
    out = {
        row_id
        for _, row_id, row in diary.rows()
        if row["new_synctomkto"] is False and diary.flag_set.get(row_id, began) < began
    }
    for write in world.dynamics.writes[rows:]:
        pushed = write.row_id in out and set(write.body) - {"donotbulkemail"}
        assert not pushed, f"S086: {write} is out of scope"
    for _, record in world.marketo.writes[persons:]:
        stamp = world.marketo.people.get(record.get("id", 0), {}).get("leadsyncDynamicsId")
        pulled = stamp in out and set(record) - {"id", "unsubscribed"}
        assert not pulled, f"S085: {record} is out of scope"


def _email_key(value: str | None) -> str:
    return (value or "").strip().casefold()


class _Judge:
    def __init__(self, diary: Diary) -> None:
        diary.spread_opt_outs()
        self.diary = diary
        self.world = diary.world
        self.mapping = self.world.mapping
        self.entries = {entry["marketo"]: entry for entry in self.mapping["fields"]}
        self.people = self.world.marketo.people
        self.items = self.world.store.quarantine(statuses=("open", "released"))
        self.pairs = list(diary.pairs())

    # -- P5

    def links(self) -> None:
        """P5: a link joins one person and one row that both exist and know each other."""
        live = [link for table in TABLES for link in self.world.store.live_links(table)]
        for key in ("marketo_id", "dynamics_id"):
            counted = Counter(link[key] for link in live)
            assert all(count == 1 for count in counted.values()), f"P5: {key} linked twice {live}"
        visible = {pair for pair, *_ in self.pairs}
        for link in live:
            pair = (link["marketo_id"], link["dynamics_id"])
            assert pair in visible, f"P5: link {pair} joins records that do not know each other"
        assert self.world.store.deferred() == [], "P1: something is deferred for ever"

    def persons_of_rows(self) -> None:
        """P5: one person for every row in scope, never two; as many creates as were called for."""
        by_row: dict[str, list[int]] = defaultdict(list)
        for (person, row_id), *_ in self.pairs:
            by_row[row_id].append(person)
        held = {item["dynamics_id"] for item in self.items if item["direction"] == "to_marketo"}
        for table, row_id, row in self.diary.rows():
            count = len(by_row[row_id])
            assert count <= 1, f"P5: persons {by_row[row_id]} for {table} {row_id}"
            wanted = row["new_synctomkto"] is not False and not self._orphaned(row_id)
            wanted = wanted and not (table == "lead" and row["statecode"] == QUALIFIED)
            if wanted and row_id not in held:
                assert count == 1, f"P1: nobody for {table} {row_id}"
        made = Counter(
            values["leadsyncDynamicsId"]
            for person, values in self.people.items()
            if person not in self.diary.user_persons
        )
        known = {row_id for _, row_id, _ in self.diary.rows()} | self.diary.row_touched.keys()
        unknown = made.keys() - known
        assert not unknown, f"P5: leadsync made a person without a row: {unknown}"
        self._made_rows()

    def _made_rows(self) -> None:
        """P5: a row that no user made is of a person that was asked for, and the only one."""
        made = [r for r in self.diary.rows() if r[1] not in self.diary.user_rows]
        for table, row_id, row in made:
            person = row["new_marketoid"]
            assert person in self.diary.asked_for, f"P5: nobody wanted {table} {row_id}: {row}"
        persons = Counter((table, row["new_marketoid"]) for table, _, row in made)
        assert all(count == 1 for count in persons.values()), f"P5: rows made twice {persons}"
        waiting = self.world.store.requests(waiting=True)
        assert waiting == [], f"P1: requests wait for ever: {waiting}"

    def _orphaned(self, row_id: str) -> bool:
        """Tell whether the row may be without a person because that one was deleted (S073, S074).

        A person comes back only with a later change of the row, and not at all under ``suppress``.
        Which deleted person was the row's own is not visible any more, so any may have been.
        """
        deletions = [
            at
            for person, at in self.diary.person_deleted.items()
            if (person, row_id) in self.diary.before_link
        ]
        if not deletions:
            return False
        suppressed = self.mapping["policies"]["on_marketo_delete"] == "suppress"
        return suppressed or self.diary.row_touched[row_id] <= max(deletions)

    # -- P9

    def quarantine(self) -> None:
        """P9: what is held has a reason in its own values."""
        for item in self.items:
            assert item["failures"], f"P9: held without a reason {item}"
            if item["direction"] == "to_dynamics":
                if item["operation"] == "create":
                    assert item["marketo_id"] in self.diary.asked_for, f"P9: not asked {item}"
                    continue
                person = self.people.get(item["marketo_id"] or 0)
                linked = self.world.store.links_of_persons([item["marketo_id"] or 0])
                live = any(link["status"] in LIVE for link in linked)
                assert person is not None and live, f"P9: held without a counterpart: {item}"
                fields = {entry_of(f["field"]) for f in item["failures"]}
                justified = fields & invalid_fields(person) or self._overwritten(item)
                assert justified, f"P9: {person} is held for {item}"
            elif not self._overwritten(item):
                self._justified(item)

    def _overwritten(self, item: QuarantineRow) -> bool:
        """Tell whether a user's change is held that a write went over, so nobody holds it now."""
        entered = self.diary.entered
        return all(
            failure["value"] in entered[item["marketo_id"] or 0, entry_of(failure["field"])]
            for failure in item["failures"]
        )

    def _justified(self, item: QuarantineRow) -> None:
        """A row is held for an e-mail that others have, or had when it was matched (S116)."""
        rules = {failure["rule"] for failure in item["failures"]}
        assert rules <= {"ambiguous_match", "already_linked"}, f"P9: {item}"
        key = str(item["failures"][0]["value"])
        assert len(self.diary.shared_emails[key]) > 1, f"P9: nobody else has {key}: {item}"

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

    # -- P1, P3, P4

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
                stopped = name == "unsubscribed" and record in self.diary.opted_out
                if edit and edit.at > self.diary.flag_set.get(pair[1], 0) and not stopped:
                    kept = plain(name, now) == edit.value or self._stopped(name, now, record)
                    assert kept, f"P3: {record} {name} {now} {edit}"

    def _stopped(self, name: str, now: object, *records: int | str) -> bool:
        """Tell whether a record is opted out for the sake of its address (S108, S111)."""
        return name == "unsubscribed" and now is True and self.diary.may_be_stopped(*records)

    def _field(self, pair: Pair, table: str, name: str, person: Json, row: Json) -> None:
        entry = self.entries[name]
        direction = entry.get("direction", "both")
        marketo, dynamics = plain(name, person.get(name)), plain(name, row[COLUMNS[name]])
        verdict = self._verdict(pair, table, name, direction)
        story = _Story(table, pair, marketo, dynamics, entry, verdict)
        if self.held(*pair, name):
            known = self.diary.entered[pair[0], name] | self.diary.entered[pair[1], name]
            known |= {verdict.marketo, verdict.dynamics, *verdict.allowed}
            assert self._in(name, marketo, known), f"P3: a value of nobody: {story}"
            assert self._in(name, dynamics, known), f"P3: a value of nobody: {story}"
            return
        if direction == "both":
            same = self._same(name, marketo, dynamics)
            assert same, f"P1: {story}"
            right = self._in(name, marketo, verdict.allowed) or self._stopped(name, marketo, *pair)
            assert right, f"P3/P4: {story}"
            return
        self._one_way(name, direction, marketo, dynamics, verdict, story)

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
        if agreed is None and before is not None:
            marketo, dynamics = _unless_older(before, name, marketo, dynamics)
        restless = diary.was_restless(pair, since)
        base = agreed.value if agreed else None
        verdict = Verdict(
            marketo=marketo.value if marketo else base,
            dynamics=dynamics.value if dynamics else base,
            marketo_edited=marketo is not None,
            dynamics_edited=dynamics is not None,
            marketo_is_users=(pair[0], name) in diary.edits,
            dynamics_is_users=(pair[1], name) in diary.edits,
            allowed=set(),
        )
        verdict.allowed = self._allowed(verdict, agreed, table, name, restless=restless)
        if name == "unsubscribed" and self.diary.opted_out.intersection(pair):
            verdict.allowed.add(True)
        return verdict

    def _allowed(
        self, verdict: Verdict, agreed: Edit | None, table: str, name: str, *, restless: bool
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
        if restless or len(both) == 1:
            return both
        if agreed and self._same(name, verdict.marketo, agreed.value):
            return {verdict.dynamics}
        if agreed and self._same(name, verdict.dynamics, agreed.value):
            return {verdict.marketo}
        return self._winner(verdict, table, self.entries[name].get("rule", "type_rule"))

    def _winner(self, verdict: Verdict, table: str, rule: str) -> set[Value]:
        marketo, dynamics = {verdict.marketo}, {verdict.dynamics}
        by_type = marketo if table == "lead" else dynamics
        if rule == "newest_wins":  # the tolerance is wider than most of a run: either may win
            return marketo | dynamics
        if rule == "most_restrictive":
            return {True}
        if rule == "non_empty_wins" and None in marketo | dynamics:
            return (marketo | dynamics) - {None}
        return {"marketo_wins": marketo, "dynamics_wins": dynamics}.get(rule, by_type)

    def loners(self) -> None:
        """Persons that never belonged to a row are as their users left them."""
        for person, values in self.people.items():
            if values["leadsyncDynamicsId"] is None:
                for name in COLUMNS:
                    edit = self.diary.edits[person, name]
                    now = plain(name, values.get(name))
                    kept = now == edit.value or self._stopped(name, now, person)
                    assert kept, f"P3: person {person} {name} {now} {edit}"
        for row_id in self.diary.row_deleted:
            for person, values in self.people.items():
                linked = any(p == (person, row_id) for p in self.diary.before_link)
                if values["leadsyncDynamicsId"] == row_id and linked:
                    assert values["leadsyncDynamicsDeleted"], f"S072: {person} is not flagged"

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


class Verdict:
    """What users entered on a pair's field since it last agreed, and what it may end with."""

    def __init__(self, **parts: Any) -> None:
        self.marketo: Value = parts["marketo"]
        self.dynamics: Value = parts["dynamics"]
        self.marketo_edited: bool = parts["marketo_edited"]
        self.dynamics_edited: bool = parts["dynamics_edited"]
        self.marketo_is_users: bool = parts["marketo_is_users"]
        self.dynamics_is_users: bool = parts["dynamics_is_users"]
        self.allowed: set[Value] = parts["allowed"]

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


def entry_of(column: str) -> str:
    """Return the field of a column."""
    return next((name for name, known in COLUMNS.items() if known == column), column)


def _since(edit: Edit | None, moment: int) -> Edit | None:
    return edit if edit is not None and edit.at > moment else None
