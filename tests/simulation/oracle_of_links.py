"""Judges links, creations, quarantine and persons on their own (semantics.md 9, P5 and P9)."""

from __future__ import annotations

from collections import Counter, defaultdict

from leadsync.model import TABLES, Json
from leadsync.state.port import LIVE, QuarantineRow
from simulation.oracle_of_merges import check_review, check_reviewed, last_winner, parted_at
from simulation.oracle_of_person_merges import may_be_left
from simulation.values import COLUMNS, invalid_fields, plain
from simulation.view import View, entry_of

#: state of a lead that has become a contact.
QUALIFIED = 1


class LinkJudge(View):
    """Judges who belongs to whom, who was created, and what is held."""

    def links(self) -> None:
        """P5: a link joins one person and one row that both exist and know each other."""
        live = [link for table in TABLES for link in self.world.store.live_links(table)]
        for key in ("marketo_id", "dynamics_id"):
            counted = Counter(link[key] for link in live)
            assert all(count == 1 for count in counted.values()), f"P5: {key} linked twice {live}"
        visible = {pair for pair, *_ in self.pairs}
        for link in live:
            pair = (link["marketo_id"], link["dynamics_id"])
            if link["status"] == "out_of_scope" and self._follows_unseen(*pair):
                continue
            assert pair in visible, f"P5: link {pair} joins records that do not know each other"
            row = self.world.dynamics.rows[link["dynamics_table"]][pair[1]]
            state = "open" if row["statecode"] == 0 else "inactive"
            assert link["status"] in (state, "out_of_scope"), f"S096: {link} of {row}"
        assert self.world.store.deferred() == [], "P1: something is deferred for ever"

    def _follows_unseen(self, person: int, row_id: str) -> bool:
        """Tell whether a person went on with a row that the filter keeps out (S098, S100).

        Nothing is written then, so the person still carries the loser's id, or that of the lead
        which became the loser.
        """
        if any(pair == (person, row_id) for pair, *_ in self.diary.unstamped()):
            return True  # its stamp was refused before the row left the filter
        going_on = self.diary.going_on.get(person)
        if person in self.diary.unclear or (going_on is not None and going_on[1] == row_id):
            return True
        carried = self.people.get(person, {}).get("leadsyncDynamicsId") or ""
        return last_winner(self.diary, self.diary.became.get(carried, carried)) == row_id

    def persons_of_rows(self) -> None:
        """P5: one person for every row in scope, never two; as many creates as were called for."""
        by_row: dict[str, list[int]] = defaultdict(list)
        for (person, row_id), *_ in self.pairs:
            by_row[row_id].append(person)
        held = {item["dynamics_id"] for item in self.items if item["direction"] == "to_marketo"}
        for table, row_id, row in self.diary.rows():
            count = len(by_row[row_id])
            assert count <= 1, f"P5: persons {by_row[row_id]} for {table} {row_id}"
            if self.is_wanted(table, row_id, row) and row_id not in held:
                assert count == 1, f"P1: nobody for {table} {row_id}"
        made = Counter(
            values["leadsyncDynamicsId"]
            for person, values in self.people.items()
            if person not in self.diary.user_persons
        )
        known = {row_id for _, row_id, _ in self.diary.rows()} | self.diary.row_touched.keys()
        unknown = made.keys() - known - {None} if self.diary.merged_rows else made.keys() - known
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

    def is_wanted(self, table: str, row_id: str, row: Json) -> bool:
        """Tell whether there must be a person for a row, or a reason why there is none."""
        wanted = row["new_synctomkto"] is not False and not self._orphaned(row_id)
        wanted = wanted and row_id not in self.diary.merged_rows
        wanted = wanted and not may_be_left(self.diary, row_id)
        return wanted and not (table == "lead" and row["statecode"] == QUALIFIED)

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
            if self.diary.refused and all(f["source"] == "server" for f in item["failures"]):
                continue
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
            elif item["operation"] == "review":
                check_review(self.diary, item)
            elif not self._overwritten(item):
                self._justified(item)
        check_reviewed(self.diary, self.items)

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

    def loners(self) -> None:
        """Persons that never belonged to a row are as their users left them."""
        for person, values in self.people.items():
            if values["leadsyncDynamicsId"] is None:
                for name in COLUMNS:
                    edit = self.diary.edits.get((person, name))
                    if edit is None or edit.at < parted_at(self.diary, person):
                        continue
                    now = plain(name, values.get(name))
                    kept = now == edit.value or self.stopped(name, now, person)
                    assert kept, f"P3: person {person} {name} {now} {edit}"
        there = {row_id for _, row_id, _ in self.diary.rows()}  # or made again for its person
        for row_id in self.diary.row_deleted.keys() - there:
            for person, values in self.people.items():
                linked = any(p == (person, row_id) for p in self.diary.before_link)
                if values["leadsyncDynamicsId"] == row_id and linked:
                    assert values["leadsyncDynamicsDeleted"], f"S072: {person} is not flagged"
