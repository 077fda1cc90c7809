"""Judges values that rows get because their persons have none (S028)."""

from __future__ import annotations

from simulation.diary import Diary, Pair
from simulation.facts import Facts
from simulation.stops import Edit
from simulation.values import COLUMNS
from simulation.view import View


def default_of(diary: Facts, pair: Pair, name: str) -> str | None:
    """Return what a field of a row that leadsync made holds as long as users gave it no value."""
    default = _default(diary, name)
    if default is None or pair[1] in diary.user_rows or (pair[1], name) in diary.edits:
        return None
    entered = (diary.entered.get((record, name), set()) for record in pair)
    return None if any(values - {None, default} for values in entered) else default


def is_lacking(diary: Facts, pair: Pair, name: str, edit: Edit | None) -> bool:
    """Tell whether a person had no value when its row was made with a default (S028)."""
    if edit is None or edit.value is not None or pair[1] in diary.user_rows:
        return False
    before = diary.before_link.get(pair)
    return before is not None and edit.at < before.at and _default(diary, name) is not None


def _default(diary: Facts, name: str) -> str | None:
    for entry in diary.world.mapping["fields"]:
        if entry["marketo"] == name:
            found: str | None = entry.get("default_on_create")
            return found
    return None


def check_defaults(diary: Diary) -> None:
    """Judge the rows that nobody gave a name, and the persons that were to get one."""
    view = View(diary)
    names = [name for name, entry in view.entries.items() if "default_on_create" in entry]
    for pair, _, _, row in view.pairs if names else ():
        for name in names:
            default, now = default_of(diary, pair, name), row[COLUMNS[name]]
            assert default in (None, now), f"S028: {name} of {pair} is {now}, not {default}"
    paired = {person for (person, _), *_ in view.pairs}
    for person in diary.asked_for & view.people.keys() if names else ():
        items = [item for item in view.items if item["marketo_id"] == person]
        failed = {
            failure["field"]
            for item in items
            for failure in item["failures"]
            if item["operation"] == "create"
        }
        assert not failed & {"lastname", "lastName"}, f"S028: {person} is held for its name"
        assert person in paired or items, f"S028: {person} got no row"
