"""Judges what users may count on after they said stop, or go on (semantics.md 8.J)."""

from __future__ import annotations

from collections.abc import Iterator

from simulation.diary import Diary
from simulation.facts import Promise
from simulation.values import plain
from simulation.view import View

_FIELDS = ("unsubscribed", "email")


def check_promises(diary: Diary) -> None:
    """Judge every promise that nobody has made void since."""
    judge = _ConsentJudge(diary)
    touched = [edit.at for (_, name), edit in diary.edits.items() if name in _FIELDS]
    for promise in diary.promises:
        if max(touched, default=0) <= promise.at:
            judge.judge(promise)


class _ConsentJudge(View):
    def judge(self, promise: Promise) -> None:
        """Judge the persons and rows of a promise that still stand."""
        held = {i["marketo_id"] for i in self.items} | {i["dynamics_id"] for i in self.items}
        for record, now in self._consents(promise):
            waits = not promise.stopped and record in held  # going on waits with its record
            assert waits or plain("unsubscribed", now) is promise.stopped, (
                f"{promise.rule}: {record} is {'still' * (not promise.stopped)} "
                f"{'not ' * promise.stopped}stopped: {promise}"
            )

    def _consents(self, promise: Promise) -> Iterator[tuple[int | str, object]]:
        """Walk over the records with their consents, but for rows that nothing is written to."""
        for person in promise.persons & self.people.keys():
            yield person, self.people[person]["unsubscribed"]
        for _, row_id, row in self.diary.standing_rows():
            writable = row["new_synctomkto"] is not False and row["statecode"] == 0
            if row_id in promise.rows and writable:
                yield row_id, row["donotbulkemail"]
