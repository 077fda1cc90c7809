"""Judges edits that met a write of leadsync: none may be lost (semantics.md 2, S050)."""

from __future__ import annotations

from simulation.diary import Diary, Edit
from simulation.oracle_of_values import ValueJudge
from simulation.values import COLUMNS


def check_clashes(diary: Diary) -> None:
    """Judge the last edits of rows that were about to be written in the same field.

    Their values are new to both sides, so where Dynamics wins they stay, whatever else went wrong.
    """
    judge = ValueJudge(diary)
    for (person, row_id), table, _, row in judge.pairs:
        for name in judge.entries:
            edit = diary.clashed.get((row_id, name))
            if edit is None or not _last(diary, edit, person, row_id, name):
                continue
            entry = judge.entries[name]
            rule = entry.get("rule", "type_rule")
            wins = rule == "dynamics_wins" or (rule == "type_rule" and table == "contact")
            both = entry.get("direction", "both") == "both"
            if wins and both and not judge.held(person, row_id, name):
                now = row[COLUMNS[name]]
                assert now == edit.value, f"S050: {row_id} {name} is {now}, not {edit.value}"


def check_written_over(diary: Diary) -> None:
    """Judge the last edits of persons that our write went over: where Marketo wins, they come back.

    Only of cycles that went smoothly, because only then it is known what was written before.
    """
    judge = ValueJudge(diary)
    for (person, row_id), table, values, row in judge.pairs:
        known = row["new_synctomkto"] is not False and row["statecode"] == 0
        for name in judge.entries if known else ():
            edit = diary.written_over.get((person, name))
            if edit is None or not _last(diary, edit, person, row_id, name):
                continue
            entry = judge.entries[name]
            rule = entry.get("rule", "type_rule")
            wins = rule == "marketo_wins" or (rule == "type_rule" and table == "lead")
            both = entry.get("direction", "both") == "both"
            if wins and both and not judge.held(person, row_id, name):
                now = values[name]
                assert now == edit.value, f"P3: {person} {name} is {now}, not {edit.value}"


def _last(diary: Diary, edit: Edit, *key: int | str) -> bool:
    """Tell whether nobody has edited the field of either record since."""
    *records, name = key
    edits = [diary.edits.get((record, str(name))) for record in records]
    return all(other is None or other.at <= edit.at for other in edits)
