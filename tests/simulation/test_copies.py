"""Worlds are copied from prepared ones: nothing that happens in one shows in another."""

from __future__ import annotations

from random import Random

from simulation.actions import weighted_actions
from simulation.effects import effects
from simulation.mappings import mapping_of
from simulation.prepared import linked_world
from simulation.users import Users


def test_what_happens_in_a_copy_stays_there() -> None:
    mapping = mapping_of(0)
    untouched = linked_world(mapping)
    effects_before, story_before = effects(untouched.world), untouched.story
    diary = linked_world(mapping)
    assert effects(diary.world) == effects_before
    users = Users(Random(0), diary, invalid=True)
    for seed, kind in enumerate(
        weighted_actions("deletions", "closings", "row_merges", "person_merges")[0]
    ):
        users.act(kind, seed)
        diary.world.cycle()
    assert effects(diary.world) != effects_before
    again = linked_world(mapping)
    assert (effects(again.world), again.story) == (effects_before, story_before)
    assert (effects(untouched.world), untouched.story) == (effects_before, story_before)


def test_copies_go_on_alike() -> None:
    """Ids, versions and times follow from where the original was."""
    stories = []
    for _ in range(2):
        diary = linked_world(mapping_of(1))
        users = Users(Random(1), diary, invalid=False)
        for kind in ("edit_both", "add_row", "edit_person"):
            users.act(kind, 7)
        diary.world.cycle()
        stories.append((diary.story, effects(diary.world)))
    assert stories[0] == stories[1]
