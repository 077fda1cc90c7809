"""Judges what persons' activity logs say of failures and recoveries (semantics.md 7)."""

from __future__ import annotations

from collections import Counter, defaultdict

from leadsync.cycle.activity_log.entries import told_message
from leadsync.model import MARKETO_SYNC_FAILED, MARKETO_SYNC_RECOVERED, Activity
from simulation.diary import Diary

#: what makes a failure distinct.
FAILURE = ("field", "rule", "message")


class LogJudge:
    """Compares the log with the quarantine: both tell of the same failures.

    :ivar failed: what the log says of failures, by quarantine item; ``recovered`` likewise.
    """

    def __init__(self, diary: Diary) -> None:
        marketo = diary.world.marketo
        self.people = marketo.people
        self.items = diary.world.store.quarantine()
        self.failed = _by_item(marketo.told(MARKETO_SYNC_FAILED))
        self.recovered = _by_item(marketo.told(MARKETO_SYNC_RECOVERED))

    def once(self) -> None:
        """Each distinct failure is told once, however often it was met, and each recovery."""
        for item, activities in self.failed.items():
            told = Counter(tuple(a.attributes[name] for name in FAILURE) for a in activities)
            twice = [failure for failure, times in told.items() if times > 1]
            assert not twice, f"semantics 7: {item} told twice: {twice}"
        for item, activities in self.recovered.items():
            assert len(activities) == 1, f"semantics 7: {item} recovered {len(activities)} times"

    def complete(self) -> None:
        """What persons are held for stands in their logs; what recovered from it as well."""
        for item in self.items:
            if item["marketo_id"] not in self.people:
                continue
            said = {a.attributes["field"] for a in self.failed[item["id"]]}
            if item["status"] == "open":
                held = {failure["field"] for failure in item["failures"]}
                assert held <= said, f"semantics 7: {item} is not told, but {said}"
            ended = item["status"] == "recovered" and bool(said)
            told = bool(self.recovered[item["id"]])
            assert told == ended, f"semantics 7: recovery of {item} told: {told}"

    def sincere(self) -> None:
        """Nothing is told of a person that it was not held for."""
        known = {item["id"]: item for item in self.items}
        for item_id, activities in self.failed.items():
            assert item_id in known, f"semantics 7: {item_id} is no item"
            item = known[item_id]
            if item["status"] != "open" or item["marketo_id"] not in self.people:
                continue  # an item can lose its person, and nothing more is told then
            latest = {told_message(failure) for failure in item["failures"]}
            said = {a.attributes["message"] for a in activities}
            assert latest <= said, f"semantics 7: {item_id} is held for {latest}, told {said}"


def check_activities(diary: Diary) -> None:
    """Judge the log at the end of a run, when everything that waited has been sent."""
    waiting = diary.world.store.activities(unsent=True)
    assert waiting == [], f"semantics 7: never told: {waiting}"
    judge = LogJudge(diary)
    judge.once()
    judge.complete()
    judge.sincere()


def _by_item(activities: list[Activity]) -> dict[str, list[Activity]]:
    found: dict[str, list[Activity]] = defaultdict(list)
    for activity in activities:
        reference = str(activity.attributes["primaryAttributeValue"])
        found[reference.partition(":")[0]].append(activity)
    return found
