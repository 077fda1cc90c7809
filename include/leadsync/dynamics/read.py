"""Reads of current rows by id, by e-mail and by time of change."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadsync.dynamics import odata
from leadsync.dynamics.batch import Operation, PartAnswer
from leadsync.dynamics.batches import send_batch
from leadsync.dynamics.channel import Channel
from leadsync.dynamics.errors import SYSTEM
from leadsync.dynamics.faults import QUERY, named_column
from leadsync.dynamics.headers import page_preference
from leadsync.dynamics.naming import TableName
from leadsync.errors import RejectedError, SchemaChangedError
from leadsync.model import Json

#: Chunks of one batch of reads: 10 chunks of 500 ids answer with one page's worth of rows.
CHUNKS_PER_BATCH = 10
EMAIL = "emailaddress1"
#: ``contains`` conditions of one query.
PARTS_PER_QUERY = 50
#: blanks before and behind an address.
_AROUND = (("", ""), (" ", ""), ("", " "), (" ", " "))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a collection, with the links that lead on."""

    rows: list[Json]
    next_link: str | None
    delta_link: str | None


class Reader:
    """Reads rows through a channel.

    Ids and e-mails go into ``In`` filters of at most 500 values and 32,000 characters, the limits
    of one query. One filter is one GET; several travel as GETs inside ``$batch``, ten a time, which
    counts as a single request: 100,000 ids take 20 requests.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def rows_by_id(self, name: TableName, ids: Sequence[str], select: Sequence[str]) -> list[Json]:
        """Return current rows for ``ids``; missing ones are left out, doubles asked for once."""
        wanted = list(dict.fromkeys(row_id.lower() for row_id in ids))
        return self._matching(name, name.primary_id, wanted, select)

    def etags(self, name: TableName, ids: Sequence[str]) -> dict[str, str | None]:
        """Return the ETags of the rows that exist, by id in lower case."""
        rows = self.rows_by_id(name, ids, [name.primary_id])
        return {name.id_in(row): row.get("@odata.etag") for row in rows}

    def rows_by_email(
        self, name: TableName, emails: Sequence[str], select: Sequence[str]
    ) -> list[Json]:
        """Return rows, active or not, whose ``emailaddress1`` is one of ``emails``, each once.

        Whether the service keeps blanks around an address, and how it compares them, is not
        documented (reference/dataverse-webapi.md 25), so an address is also asked for with them.
        """
        wanted = _wanted(emails)
        asked = [f"{before}{value}{behind}" for value in wanted for before, behind in _AROUND]
        found = self._matching(name, EMAIL, asked, [*select, EMAIL])
        accepted = set(wanted)
        rows = {name.id_in(row): row for row in found if folded_text(_cell(row, EMAIL)) in accepted}
        return list(rows.values())

    def rows_by(
        self, name: TableName, column: str, values: Sequence[str], select: Sequence[str]
    ) -> list[Json]:
        """Return rows whose ``column``, a text or whole number, is one of ``values``.

        Texts are trimmed and compared without case. The service may take ``%``, ``_`` and ``[``
        for wildcards, so rows that match only in this way are left out. Blank values, and those
        of more than 850 characters, which no filter takes, match nothing.
        """
        wanted = _wanted(values)
        found = self._matching(name, column, wanted, [*select, column])
        accepted = set(wanted)
        return [row for row in found if folded_text(_cell(row, column)) in accepted]

    def rows_containing(
        self, name: TableName, column: str, parts: Sequence[str], select: Sequence[str]
    ) -> list[Json]:
        """Return rows whose text ``column`` contains one of ``parts``, each once.

        A query takes few conditions of this kind, for each reads the whole table.
        """
        wanted = [part for part in dict.fromkeys(map(folded_text, parts)) if part]
        rows: dict[str, Json] = {}
        for at in range(0, len(wanted), PARTS_PER_QUERY):
            group = wanted[at : at + PARTS_PER_QUERY]
            resource = odata.resource(
                name.entity_set,
                select=odata.select_list([*select, column, name.primary_id]),
                filter=odata.containing(column, group),
            )
            for row in self.rows(resource, select):
                if any(part in folded_text(_cell(row, column)) for part in group):
                    rows[name.id_in(row)] = row
        return list(rows.values())

    def rows_modified(
        self, name: TableName, select: Sequence[str], start: datetime, end: datetime
    ) -> list[Json]:
        """Return current rows with ``start <= modifiedon < end``, each once.

        A row that changes while the pages are read may come twice; its later state is returned.
        """
        resource = odata.resource(
            name.entity_set,
            select=odata.select_list([*select, "modifiedon"]),
            filter=odata.modified_between(start, end),
            orderby=f"modifiedon,{name.primary_id}",
        )
        rows: dict[str, Json] = {}
        for row in self.rows(resource, select):
            row_id = name.id_in(row)
            rows.pop(row_id, None)
            rows[row_id] = row
        return list(rows.values())

    def rows(self, resource: str, select: Sequence[str] = ()) -> Iterator[Json]:
        """Yield all rows of a collection, page after page.

        :raises SchemaChangedError: a column of ``select`` is unknown; names it.
        """
        headers = page_preference(odata.PAGE_SIZE)
        for page in pages(self._channel, resource, headers, select):
            yield from page.rows

    def _matching(
        self, name: TableName, column: str, values: Sequence[str], select: Sequence[str]
    ) -> list[Json]:
        def resource(chunk: Sequence[str]) -> str:
            return odata.resource(
                name.entity_set,
                select=odata.select_list([*select, name.primary_id]),
                filter=odata.any_of(column, chunk),
            )

        room = odata.MAX_LENGTH - len(resource([]))
        if room <= 0:
            raise RejectedError(
                f"the {len(select)} columns asked for leave no room in an address",
                system=SYSTEM,
                call=f"GET {name.entity_set}",
                remedy="Map fewer columns of this table.",
            )
        resources = [resource(chunk) for chunk in odata.chunked(values, room)]
        groups = [
            resources[at : at + CHUNKS_PER_BATCH]
            for at in range(0, len(resources), CHUNKS_PER_BATCH)
        ]
        found = self._channel.parallelism.map(lambda group: self._group(group, select), groups)
        rows = [row for rows in found for row in rows]
        for row in rows:
            name.id_in(row)
        return rows

    def _group(self, resources: Sequence[str], select: Sequence[str]) -> list[Json]:
        """Read several filters in one batch; what the batch leaves open is read on its own."""
        if len(resources) == 1:
            return list(self.rows(resources[0], select))
        headers = {"Accept": "application/json", **page_preference(odata.PAGE_SIZE)}
        operations = [
            Operation("GET", self._channel.root + resource, headers) for resource in resources
        ]
        answers = send_batch(self._channel, operations).parts
        rows: list[Json] = []
        for index, resource in enumerate(resources):
            page = _page_of(answers[index]) if index < len(answers) else None
            if page is None:
                rows.extend(self.rows(resource, select))
                continue
            rows.extend(page.rows)
            if page.next_link:
                rows.extend(self.rows(page.next_link, select))
        return rows


def _wanted(values: Sequence[str]) -> list[str]:
    folded = dict.fromkeys(folded_text(value) for value in values)
    return [value for value in folded if 0 < len(value) <= odata.MAX_IN_STRING]


def pages(
    channel: Channel, resource: str, headers: dict[str, str], select: Sequence[str]
) -> Iterator[Page]:
    """Yield the pages of a collection, each with the same headers.

    Links are taken as they come: they are encoded already, and no character is encoded again.

    :raises SchemaChangedError: a column of ``select`` is unknown; names it.
    """
    link: str | None = resource
    while link:
        with naming_unknown_column(select):
            page = _page(channel.get(link, headers))
        yield page
        link = page.next_link


class naming_unknown_column:  # noqa: N801 - reads as a statement
    """Turns the refusal of a query into a :class:`SchemaChangedError` when it names a column."""

    def __init__(self, select: Sequence[str]) -> None:
        self._select = list(select)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, RejectedError) or error.code != QUERY:
            return
        if column := named_column(error.detail, self._select):
            raise SchemaChangedError(
                f"column {column} does not exist any more, or cannot be read",
                system=SYSTEM,
                call=error.call,
                code=error.code,
                record=column,
                remedy=f"Take {column} out of the mapping, or restore the column.",
            ) from error


def folded_text(text: str) -> str:
    """Return ``text`` in the form in which keys such as e-mails are compared (semantics.md 6)."""
    return text.strip().casefold()


def _cell(row: Json, column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value)


def _page_of(answer: PartAnswer) -> Page | None:
    if answer.status != 200:
        return None
    try:
        return _page(json.loads(answer.body))
    except ValueError:
        return None


def _page(body: dict[str, Any]) -> Page:
    rows = body.get("value")
    return Page(
        rows=rows if isinstance(rows, list) else [],
        next_link=body.get("@odata.nextLink"),
        delta_link=body.get("@odata.deltaLink"),
    )
