"""Reading persons by filter (reference/marketo-rest.md 7.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leadsync.errors import ApiError, RejectedError, TransientApiError
from leadsync.http.pool import in_order
from leadsync.marketo.pages import all_pages
from leadsync.marketo.session import MarketoSession
from leadsync.marketo.timeouts import QUERY_PERSONS
from leadsync.model import Json

PATH = "/rest/v1/leads.json"
BATCH = 300
#: too many matches, or the server ran out of time: fewer values at once may do.
_SPLITTABLE = frozenset({"1003", "604"})


def read_persons(
    session: MarketoSession, filter_type: str, values: Sequence[str], fields: Sequence[str]
) -> list[Json]:
    """Return the persons whose ``filter_type`` is one of ``values``, each once.

    Batches of 300 run side by side; a batch that matches more than 1,000 persons is halved. A value
    with a comma is asked for alone, since commas separate values and cannot be escaped; what is
    found for its parts is dropped.
    """
    wanted = list(dict.fromkeys(value for value in values if value))
    plain = [value for value in wanted if "," not in value]
    names = list(dict.fromkeys(("id", *fields)))
    batches = [
        *(plain[start : start + BATCH] for start in range(0, len(plain), BATCH)),
        *([value] for value in wanted if "," in value),
    ]
    pages = in_order(
        lambda batch: _matches(session, filter_type, batch, names),
        batches,
        session.transport.max_concurrency,
    )
    return list({person.get("id"): person for page in pages for person in page}.values())


def _matches(
    session: MarketoSession, filter_type: str, batch: list[str], names: list[str]
) -> list[Json]:
    if "," not in batch[0]:
        return [person for part in _parts(session, filter_type, batch, names) for person in part]
    asked = names if filter_type in names else [*names, filter_type]
    found = _page_through(session, filter_type, batch, asked)
    exact = batch[0].casefold()
    return [
        {name: person[name] for name in names if name in person}
        for person in found
        if str(person.get(filter_type)).casefold() == exact
    ]


def _parts(
    session: MarketoSession, filter_type: str, batch: list[str], names: list[str]
) -> Iterator[list[Json]]:
    try:
        yield _page_through(session, filter_type, batch, names)
    except (RejectedError, TransientApiError) as error:
        if not _splittable(error, batch):
            raise
        half = len(batch) // 2
        yield from _parts(session, filter_type, batch[:half], names)
        yield from _parts(session, filter_type, batch[half:], names)


def _splittable(error: ApiError, batch: list[str]) -> bool:
    return error.code in _SPLITTABLE and len(batch) > 1


def _page_through(
    session: MarketoSession, filter_type: str, batch: list[str], names: list[str]
) -> list[Json]:
    params = {
        "filterType": filter_type,
        "filterValues": ",".join(batch),
        "fields": ",".join(names),
        "batchSize": str(BATCH),
    }
    return all_pages(session, PATH, params, QUERY_PERSONS)
