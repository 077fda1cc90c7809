"""Judges edits that met a write of leadsync: none may be lost (semantics.md 2, S050)."""

from __future__ import annotations

from simulation.diary import Diary, Edit, Pair, Side
from simulation.oracle_of_values import ValueJudge
from simulation.values import COLUMNS


def check_clashes(diary: Diary) -> None:
    """Judge the last edits of rows that were about to be written in the same field.

    Their values are new to both sides, so where Dynamics wins they stay, whatever else went wrong.
    """
    judge = ValueJudge(diary)
    for pair, table, _, row in judge.pairs:
        for name in judge.entries:
            edit = diary.clashed.get((pair[1], name))
            if edit is not None and _must_stand(judge, edit, pair, table, name, "dynamics"):
                now = row[COLUMNS[name]]
                assert now == edit.value, f"S050: {pair[1]} {name} is {now}, not {edit.value}"


def check_written_over(diary: Diary) -> None:
    """Judge the last edits of persons that our write went over: where Marketo wins, they come back.

    Only of cycles that went smoothly, because only then it is known what was written before.
    """
    judge = ValueJudge(diary)
    for pair, table, values, row in judge.pairs:
        known = row["new_synctomkto"] is not False and row["statecode"] == 0
        for name in judge.entries if known else ():
            edit = diary.written_over.get((pair[0], name))
            if edit is not None and diary.flag_set.get(pair[1], -1) > edit.at:
                continue  # it left the filter, perhaps before a cycle could tell
            if edit is not None and _must_stand(judge, edit, pair, table, name, "marketo"):
                now = values[name]
                assert now == edit.value, f"P3: {pair[0]} {name} is {now}, not {edit.value}"


#: which side wins on a table's records by ``type_rule``.
_TYPE_RULE = {"lead": "marketo", "contact": "dynamics"}


def _must_stand(
    judge: ValueJudge, edit: Edit, pair: Pair, table: str, name: str, side: Side
) -> bool:
    """Tell whether an edit is the last one of a two-way field that ``side`` wins."""
    entry = judge.entries[name]
    rule = entry.get("rule", "type_rule")
    wins = rule == f"{side}_wins" or (rule == "type_rule" and _TYPE_RULE[table] == side)
    both = entry.get("direction", "both") == "both"
    last = _last(judge.diary, edit, *pair, name)
    return last and wins and both and not judge.held(*pair, name)


def _last(diary: Diary, edit: Edit, *key: int | str) -> bool:
    """Tell whether nobody has edited the field of either record since."""
    *records, name = key
    edits = [diary.edits.get((record, str(name))) for record in records]
    return all(other is None or other.at <= edit.at for other in edits)
