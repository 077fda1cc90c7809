"""Deleting and merging persons (reference/marketo-rest.md 7.4, 7.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadsync.errors import ApiError, RejectedError, ThrottledError, TransientApiError
from leadsync.marketo.envelope import errors_of
from leadsync.marketo.persons import read_persons
from leadsync.marketo.session import MarketoSession
from leadsync.marketo.timeouts import MERGE
from leadsync.model import RecordError

DELETE_BATCH = 300
MERGE_BATCH = 25
_MERGE_TRIES = 3


@dataclass(frozen=True, slots=True)
class DeleteResult:
    """Outcome for one person, in input order; 1004 in ``errors``: it was gone already."""

    person_id: int
    deleted: bool
    errors: tuple[RecordError, ...] = ()


def delete_persons(session: MarketoSession, person_ids: Sequence[int]) -> list[DeleteResult]:
    """Delete persons in batches of 300."""
    results: list[DeleteResult] = []
    for start in range(0, len(person_ids), DELETE_BATCH):
        batch = person_ids[start : start + DELETE_BATCH]
        body = {"input": [{"id": person_id} for person_id in batch]}
        answer = session.post("/rest/v1/leads/delete.json", body, repeatable=True)
        results += [
            DeleteResult(person_id, item.get("status") == "deleted", errors_of(item))
            for person_id, item in zip(batch, answer.result, strict=True)
        ]
    return results


def merge_persons(session: MarketoSession, winner: int, losers: Sequence[int]) -> None:
    """Merge ``losers`` into ``winner``, 25 in one call.

    A merge cannot be repeated: after a lost answer the losers are read, and only those that are
    still there are sent again.

    :raises RejectedError: 1004 when the winner or a loser does not exist.
    """
    for start in range(0, len(losers), MERGE_BATCH):
        _merge_batch(session, winner, list(losers[start : start + MERGE_BATCH]))


def _merge_batch(session: MarketoSession, winner: int, losers: list[int]) -> None:
    for attempt in range(_MERGE_TRIES):
        try:
            _merge_once(session, winner, losers)
        except ThrottledError:
            raise
        except (TransientApiError, RejectedError) as error:
            losers = _left_over(session, losers, error, first=attempt == 0)
            if not losers:
                return
            lost = error
        else:
            return
    raise lost


def _left_over(
    session: MarketoSession, losers: list[int], error: ApiError, *, first: bool
) -> list[int]:
    """Return the losers that are still there; raise ``error`` if it does not come from a replay."""
    replayed = error.code == "1004" and not first
    if isinstance(error, RejectedError) and not replayed:
        raise error
    found = read_persons(session, "id", [str(loser) for loser in losers], ["id"])
    there = {int(person["id"]) for person in found}
    return [loser for loser in losers if loser in there]


def _merge_once(session: MarketoSession, winner: int, losers: list[int]) -> None:
    session.post(
        f"/rest/v1/leads/{winner}/merge.json",
        {},
        repeatable=False,
        params={"leadIds": ",".join(map(str, losers))},
        timeout=MERGE,
    )
