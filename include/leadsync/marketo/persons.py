"""Reading persons by filter (reference/marketo-rest.md 7.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadsync.errors import RejectedError, TransientApiError
from leadsync.http.pool import in_order
from leadsync.marketo.pages import all_pages
from leadsync.marketo.session import MarketoSession
from leadsync.marketo.timeouts import QUERY_PERSONS
from leadsync.model import Json

PATH = "/rest/v1/leads.json"
BATCH = 300
#: too many matches, or the server ran out of time: fewer values at once may do.
_SPLITTABLE = frozenset({"1003", "604"})


@dataclass(frozen=True, slots=True)
class _Query:
    """What all batches of one read have in common."""

    session: MarketoSession
    path: str
    filter_type: str
    fields: list[str]

    def page_through(self, batch: list[str], fields: list[str]) -> list[Json]:
        params = {
            "filterType": self.filter_type,
            "filterValues": ",".join(batch),
            "fields": ",".join(fields),
            "batchSize": str(BATCH),
        }
        return all_pages(self.session, self.path, params, QUERY_PERSONS)


def read_persons(
    session: MarketoSession, filter_type: str, values: Sequence[str], fields: Sequence[str]
) -> list[Json]:
    """Return the persons whose ``filter_type`` is one of ``values``, each once.

    Batches of 300 run side by side; a batch that matches more than 1,000 persons is halved. A value
    with a comma is asked for alone, since commas separate values and cannot be escaped; what is
    found for its parts is dropped.
    """
    return read_records(session, PATH, filter_type, values, fields)


def read_records(
    session: MarketoSession,
    path: str,
    filter_type: str,
    values: Sequence[str],
    fields: Sequence[str],
) -> list[Json]:
    """Do what :func:`read_persons` does, for any object type with an ``id``."""
    query = _Query(session, path, filter_type, list(dict.fromkeys(("id", *fields))))
    pages = in_order(
        lambda batch: _matches(query, batch), _batches(values), session.transport.max_concurrency
    )
    return list({record.get("id"): record for page in pages for record in page}.values())


def _batches(values: Sequence[str]) -> list[list[str]]:
    wanted = list(dict.fromkeys(value for value in values if value))
    plain = [value for value in wanted if "," not in value]
    return [
        *(plain[start : start + BATCH] for start in range(0, len(plain), BATCH)),
        *([value] for value in wanted if "," in value),
    ]


def _matches(query: _Query, batch: list[str]) -> list[Json]:
    if "," not in batch[0]:
        return _parts(query, batch)
    asked = list(dict.fromkeys((*query.fields, query.filter_type)))
    exact = batch[0].casefold()
    return [
        {name: record[name] for name in query.fields if name in record}
        for record in query.page_through(batch, asked)
        if str(record.get(query.filter_type)).casefold() == exact
    ]


def _parts(query: _Query, batch: list[str]) -> list[Json]:
    try:
        return query.page_through(batch, query.fields)
    except (RejectedError, TransientApiError) as error:
        if error.code not in _SPLITTABLE or len(batch) == 1:
            raise
    half = len(batch) // 2
    return _parts(query, batch[:half]) + _parts(query, batch[half:])
