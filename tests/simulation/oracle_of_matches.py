"""Judges who got whom of records that belong together by an address or an id (semantics.md 4)."""

from __future__ import annotations

from simulation.diary import Diary
from simulation.view import View


def check_matches(diary: Diary) -> None:
    """Judge the records of which users could tell who must end with whom."""
    view = View(diary)
    paired = {pair for pair, *_ in view.pairs}
    partners = {record: pair for pair in paired for record in pair}
    made = {pair for pair in paired if not diary.user_persons.issuperset(pair[:1])}
    made |= {pair for pair in paired if pair[1] not in diary.user_rows}
    held = {record for item in view.items for record in (item["marketo_id"], item["dynamics_id"])}
    for match in diary.matches:
        for pair in match.takes:
            assert pair in paired, f"{match.rule}: {pair} are no pair: {match}"
        for record in match.made:
            got = partners.get(record)
            assert got in made, f"{match.rule}: {record} has {got}, not one of its own: {match}"
        for record in match.left:
            got = partners.get(record)
            assert got is None, f"{match.rule}: {record} has {got}: {match}"
            assert record in held, f"{match.rule}: nobody is told of {record}: {match}"
