"""Merges on either side (semantics.md 5 and 8.H)."""

from __future__ import annotations

import json

import pytest

from support.mapped import remap
from support.synced import Synced


def merge_persons(synced: Synced, winner: int, loser: int) -> None:
    """A user merges two persons in Marketo."""
    synced.marketo.control.edit("merge", id=winner, losers=[loser])


def merge_rows(synced: Synced, table: str, winner: str, loser: str) -> None:
    """A user merges two rows in Dynamics."""
    synced.dynamics.control.edit("merge", table=table, id=loser, into=winner)


def pairs(synced: Synced) -> dict[str, int]:
    """Persons by the row that each is linked to."""
    store = synced.engine.store
    links = (*store.live_links("lead"), *store.live_links("contact"))
    return {link["dynamics_id"]: link["marketo_id"] for link in links}


def reports(synced: Synced) -> list[tuple[str, str, int]]:
    """Rule, row and person of what the command line lists for review."""
    listed = json.loads(synced.command("quarantine", "list", "--json").stdout)
    return [(i["failures"][0]["rule"], i["dynamics_id"], i["marketo_id"]) for i in listed]


def test_s097_the_persons_of_merged_leads_are_reported(synced: Synced) -> None:
    first, winner = synced.linked(emailaddress1="a@example.com")
    second, loser = synced.linked(emailaddress1="b@example.com")
    merge_rows(synced, "lead", winner, loser)
    for _ in range(2):
        synced.cycle()
    assert pairs(synced) == {winner: first}
    assert reports(synced) == [("merged_in_dynamics", loser, second)]
    synced.edit_row(winner, jobtitle="CIO")
    synced.cycle()
    assert synced.person(first)["title"] == "CIO"


def test_s097_the_person_of_the_loser_is_let_go_by_policy(synced: Synced) -> None:
    remap(synced, policies={"on_dynamics_merge": "unlink"})
    first, winner = synced.linked("contact", emailaddress1="a@example.com")
    second, loser = synced.linked("contact", emailaddress1="b@example.com")
    merge_rows(synced, "contact", winner, loser)
    synced.cycle()
    assert pairs(synced) == {winner: first}
    assert synced.person(second)["leadsyncDynamicsId"] is None
    assert reports(synced) == []


def merged_scores(synced: Synced, **policies: object) -> int:
    """The score of a person whose row took in two others, with scores 10, 5 and 7."""
    remap(synced, policies={"on_dynamics_merge": "merge", **policies})
    (winner, kept), *losers = (
        synced.linked("contact", emailaddress1=f"{n}@example.com") for n in range(3)
    )
    for person, score in zip((winner, *(p for p, _ in losers)), (10, 5, 7), strict=True):
        synced.edit_person(person, leadScore=score)
    for _, row in losers:
        merge_rows(synced, "contact", kept, row)
    match = {"path": f"leads/{winner}/merge.json"}
    synced.marketo.control.faults("drop_after", match=match, times=1)
    synced.cycle()
    assert [int(person["id"]) for person in synced.people()] == [winner]
    return int(synced.person(winner)["leadScore"])


def test_s097_scores_of_merged_persons_add_up(synced: Synced) -> None:
    """Also where the answer of the first merge is lost."""
    assert merged_scores(synced) == 22


def test_s097_by_policy_the_winner_keeps_its_score(synced: Synced) -> None:
    assert merged_scores(synced, sum_on_merge=[]) == 10


def test_s098_a_winner_that_the_filter_keeps_out_syncs_no_more(synced: Synced) -> None:
    person, loser = synced.linked(emailaddress1="a@example.com")
    winner = synced.new_row(lastname="Ny", emailaddress1="b@example.com", new_synctomkto=False)
    merge_rows(synced, "lead", winner, loser)
    synced.cycle()
    synced.edit_person(person, city="Lund")
    synced.edit_row(winner, jobtitle="CIO")
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0


def test_s099_merged_persons_keep_what_only_the_loser_had(synced: Synced) -> None:
    remap(synced, policies={"on_dynamics_merge": "merge"})
    first, winner = synced.linked(emailaddress1="a@example.com", jobtitle="CTO")
    _, loser = synced.linked(emailaddress1="b@example.com", jobtitle="CIO", address1_city="Lund")
    merge_rows(synced, "lead", winner, loser)
    for _ in range(3):
        synced.cycle()
    assert [int(person["id"]) for person in synced.people()] == [first]
    person, row = synced.person(first), synced.row(winner)
    assert (person["title"], person["city"]) == ("CTO", "Lund")
    assert (row["jobtitle"], row["address1_city"]) == ("CTO", "Lund")
    assert pairs(synced) == {winner: first}


def test_s100_the_other_lead_of_merged_persons_is_reported(synced: Synced) -> None:
    first, kept = synced.linked(emailaddress1="a@example.com")
    second, left = synced.linked(emailaddress1="b@example.com", address1_city="Lund")
    merge_persons(synced, first, second)
    for _ in range(2):
        synced.cycle()
    synced.edit_row(left, emailaddress1="a@example.com")
    synced.cycle()
    assert pairs(synced) == {kept: first}
    assert synced.row(kept)["address1_city"] == "Lund"
    assert reports(synced) == [("merged_in_marketo", left, first)]
    assert len(synced.people()) == 1


@pytest.mark.parametrize("table", ["lead", "contact"])
@pytest.mark.parametrize("policy", ["deactivate", "merge"])
def test_s100_the_other_row_of_merged_persons_is_closed_by_policy(
    synced: Synced, policy: str, table: str
) -> None:
    remap(synced, policies={"on_marketo_merge": policy})
    first, kept = synced.linked(table, emailaddress1="a@example.com")
    second, left = synced.linked(table, emailaddress1="b@example.com")
    merge_persons(synced, first, second)
    for _ in range(2):
        synced.cycle()
    closed = synced.row(left, table)
    assert closed["statecode"] != 0
    assert closed["_masterid_value"] == (kept if policy == "merge" else None)
    assert pairs(synced) == {kept: first}
    assert reports(synced) == []


def test_s100_a_survivor_without_a_lead_gets_the_losers(synced: Synced) -> None:
    loser, row = synced.linked(emailaddress1="a@example.com")
    survivor = synced.new_person(email="b@example.com", lastName="Ek", title="CIO")
    synced.cycle()
    merge_persons(synced, survivor, loser)
    synced.cycle()
    assert pairs(synced) == {row: survivor}
    assert synced.person_of(row)["id"] == survivor
    assert synced.row(row)["jobtitle"] == "CIO"


def test_s101_the_contact_of_merged_persons_wins(synced: Synced) -> None:
    first, lead = synced.linked(emailaddress1="a@example.com")
    second, contact = synced.linked("contact", emailaddress1="b@example.com")
    merge_persons(synced, first, second)
    synced.cycle()
    assert pairs(synced) == {contact: first}
    assert synced.person_of(contact)["leadsyncDynamicsType"] == "Contact"
    assert reports(synced) == [("merged_in_marketo", lead, first)]
