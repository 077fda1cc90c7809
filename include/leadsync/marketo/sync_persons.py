"""Writing persons (reference/marketo-rest.md 7.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from leadsync.errors import RejectedError, TransientApiError
from leadsync.marketo.envelope import errors_of
from leadsync.marketo.session import MarketoSession, encode
from leadsync.model import Json, PersonResult, RecordError

Action = Literal["createOrUpdate", "createOnly", "updateOnly"]

PATH = "/rest/v1/leads.json"
CALL = f"POST {PATH}"
BATCH = 300
#: bytes; the gateway refuses bodies of 1 MB (reference/marketo-rest.md 1).
LARGEST_BODY = 1_000_000
#: failures that one record may cause for all others of its call.
_ISOLATED = frozenset({"413", "604", "611", "1001", "1002", "1003"})
#: so many failing parts in a row are no single bad records any more: the service is at fault.
_MOST_REFUSED = 20
_MOST_LOST = 10


class PersonWriter:
    """Writes one batch; splits it where its size or a failing record asks for it."""

    def __init__(self, session: MarketoSession, action: Action, lookup_field: str) -> None:
        self._session = session
        self._action = action
        self._lookup_field = lookup_field
        self._failures = 0

    def write(self, records: Sequence[Json]) -> list[PersonResult]:
        """Write ``records``; results in input order.

        ``""`` is sent as null, the only form that clears a field. Records with one lookup value are
        folded into one, the later value winning, since what Marketo does with them is undefined. A
        record that makes its whole call fail is found by halving and reported as skipped with that
        failure.

        :raises ValueError: ``id`` is sent with another action than ``updateOnly`` by ``id``, or a
            record lacks the lookup field.
        """
        if len(records) > BATCH:
            raise ValueError(f"{len(records)} records; a call takes {BATCH}")
        cleaned = [_cleaned(record) for record in records]
        self._check(cleaned)
        if not cleaned:
            return []
        folded, places = _folded(cleaned, self._lookup_field)
        results = self._write_all(folded)
        return [results[place] for place in places]

    def _check(self, records: Sequence[Json]) -> None:
        by_id = self._action == "updateOnly" and self._lookup_field == "id"
        for position, record in enumerate(records):
            if "id" in record and not by_id:
                raise ValueError(f"record {position}: id needs updateOnly with lookup field id")
            if record.get(self._lookup_field) is None:
                raise ValueError(f"record {position} has no {self._lookup_field}")

    def _write_all(self, records: Sequence[Json]) -> list[PersonResult]:
        if len(records) > 1 and len(encode(self._body(records))) >= LARGEST_BODY:
            return self._halves(records)
        try:
            results = self._send(records)
        except (RejectedError, TransientApiError) as error:
            self._failures += 1
            if not self._isolates(error):
                raise
            if len(records) > 1:
                return self._halves(records)
            return [_refused(error)]
        self._failures = 0
        return results

    def _isolates(self, error: RejectedError | TransientApiError) -> bool:
        """Whether to look for the record at fault; a lost create must not be sent again."""
        lost = isinstance(error, TransientApiError)
        if error.code not in _ISOLATED or (lost and self._action == "createOnly"):
            return False
        return self._failures < (_MOST_LOST if lost else _MOST_REFUSED)

    def _halves(self, records: Sequence[Json]) -> list[PersonResult]:
        half = len(records) // 2
        return self._write_all(records[:half]) + self._write_all(records[half:])

    def _send(self, records: Sequence[Json]) -> list[PersonResult]:
        repeatable = self._action != "createOnly"
        answer = self._session.post(PATH, self._body(records), repeatable=repeatable)
        if len(answer.result) != len(records):
            raise TransientApiError(
                f"{len(answer.result)} results for {len(records)} records; outcome unknown",
                system="marketo",
                call=CALL,
            )
        return [_result(item) for item in answer.result]

    def _body(self, records: Sequence[Json]) -> Json:
        body = {"action": self._action, "lookupField": self._lookup_field}
        return {**body, "input": list(records)}


def _folded(records: Sequence[Json], key: str) -> tuple[list[Json], list[int]]:
    """Return the records without repeated keys, and where each input went."""
    folded: dict[str, Json] = {}
    for record in records:
        value = str(record[key]).casefold()
        folded[value] = {**folded.get(value, {}), **record}
    order = {value: place for place, value in enumerate(folded)}
    return list(folded.values()), [order[str(record[key]).casefold()] for record in records]


def _cleaned(record: Json) -> Json:
    return {name: None if value == "" else value for name, value in record.items()}


def _refused(error: RejectedError | TransientApiError) -> PersonResult:
    return PersonResult("skipped", errors=(RecordError(error.code, error.detail),))


def _result(item: Json) -> PersonResult:
    errors = errors_of(item)
    person_id = item.get("id")
    status = item.get("status")
    if status not in ("created", "updated") or errors:
        reasons = errors or (RecordError("", f"status {status!r} without a reason"),)
        return PersonResult("skipped", _integer(person_id), reasons)
    return PersonResult(status, _integer(person_id))


def _integer(value: object) -> int | None:
    return int(value) if isinstance(value, int | str) and str(value).isdigit() else None
