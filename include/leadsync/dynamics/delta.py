"""Change tracking: first load, delta links, deletions (reference/dataverse-webapi.md 10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from leadsync.dynamics import odata
from leadsync.dynamics.channel import Channel
from leadsync.dynamics.errors import SYSTEM
from leadsync.dynamics.headers import page_preference
from leadsync.dynamics.naming import TableName, plain_id
from leadsync.dynamics.read import Page, Reader, pages
from leadsync.errors import DeltaExpiredError, RejectedError
from leadsync.http.base_url import same_service
from leadsync.model import DeltaRead, Json, TrackedPage

_FULL_READ = "A full read replaces it; nothing needs to be done."


class DeltaReader:
    """Follows the delta links of one organisation.

    :param org_url: the organisation's address; links of other organisations are refused.
    """

    def __init__(self, channel: Channel, reader: Reader, org_url: str) -> None:
        self._channel = channel
        self._reader = reader
        self._org_url = org_url

    def read(self, name: TableName, select: Sequence[str], delta_link: str | None) -> DeltaRead:
        """Follow ``delta_link``, or read all rows with change tracking when it is ``None``.

        The new link is returned only after the last page has arrived: until the caller has stored
        what was read, the old link stays good, so a crash loses nothing.

        :raises DeltaExpiredError: the link is too old, the table's metadata changed, it belongs to
            another organisation, or it lacks a column of ``select``, which it fixes for good.
        :raises SchemaChangedError: a column of ``select`` does not exist; names it.
        """
        if delta_link is not None:
            self._check_link(name, select, delta_link)
        first = delta_link or odata.resource(name.entity_set, select=odata.select_list(select))
        headers = page_preference(odata.PAGE_SIZE, track_changes=True)
        read = pages(self._channel, first, headers, select)
        if delta_link is not None:
            read = _expiring(read, name)
        changes = assembled(read, name)
        self._settle_restored(name, select, changes)
        return DeltaRead(
            tuple(changes.rows.values()),
            tuple(changes.deleted),
            changes.delta_link,
            full=delta_link is None,
        )

    def tracked_pages(self, name: TableName, select: Sequence[str]) -> Iterator[TrackedPage]:
        """Yield the pages of a first, full read, and keep none of them.

        :raises RejectedError: no page carried a delta link.
        :raises SchemaChangedError: a column of ``select`` does not exist; names it.
        """
        first = odata.resource(name.entity_set, select=odata.select_list(select))
        headers = page_preference(odata.PAGE_SIZE, track_changes=True)
        link: str | None = None
        for page in pages(self._channel, first, headers, select):
            link = page.delta_link or link
            rows = (row for row in page.rows if not deleted_id(row, name))
            yield TrackedPage(tuple(row for row in rows if name.id_in(row)), page.delta_link)
        if link is None:
            raise untracked(name)

    def _settle_restored(self, name: TableName, select: Sequence[str], changes: Changes) -> None:
        """Ask for the rows that are reported both as changed and as deleted.

        Deletions come after changes whatever happened first, so a row restored under its old id
        looks like one that was changed and then deleted.
        """
        both = [row_id for row_id in changes.deleted if row_id in changes.rows]
        found = self._reader.rows_by_id(name, both, select)
        for row_id in both:
            del changes.rows[row_id]
        for row in found:
            row_id = name.id_in(row)
            changes.rows[row_id] = row
            del changes.deleted[row_id]

    def _check_link(self, name: TableName, select: Sequence[str], link: str) -> None:
        problem = ""
        if not same_service(link, self._org_url):
            problem = f"was issued by {urlsplit(link).hostname}, not by {self._org_url}"
        elif missing := missing_columns(link, select):
            problem = f"does not read {', '.join(missing)}"
        if problem:
            raise DeltaExpiredError(
                f"the stored delta link {problem}.",
                system=SYSTEM,
                call=f"GET {name.entity_set}",
                remedy=_FULL_READ,
            )


def _expiring(read: Iterator[Page], name: TableName) -> Iterator[Page]:
    """Yield the pages of a stored link; a service that refuses it for good has given it up.

    The status of an expired link is not documented, and its code may differ (section 10.1).
    """
    try:
        first = next(read)
    except RejectedError as error:
        raise DeltaExpiredError(
            f"the stored delta link is refused: {error.detail}",
            system=SYSTEM,
            call=f"GET {name.entity_set}",
            code=error.code,
            remedy=_FULL_READ,
        ) from error
    yield first
    yield from read


def missing_columns(delta_link: str, select: Sequence[str]) -> list[str]:
    """Return the columns of ``select`` that ``delta_link`` does not read."""
    selected = parse_qs(urlsplit(delta_link).query).get("$select")
    if not selected:
        return []
    known = {column.strip() for column in selected[0].split(",")}
    return [column for column in dict.fromkeys(select) if column not in known]


@dataclass(slots=True)
class Changes:
    """What the pages of one read report, by row id in lower case."""

    rows: dict[str, Json]
    deleted: dict[str, None]
    delta_link: str


def assembled(read: Iterable[Page], name: TableName) -> Changes:
    """Bring pages together: each row once, in its last state.

    :raises RejectedError: no page carried a delta link, so there is nowhere to go on from.
    """
    rows: dict[str, Json] = {}
    deleted: dict[str, None] = {}
    link: str | None = None
    for page in read:
        link = page.delta_link or link
        for entry in page.rows:
            if gone := deleted_id(entry, name):
                deleted[gone] = None
            elif entry.get(name.primary_id):
                rows[name.id_in(entry)] = entry
    if link is None:
        raise untracked(name)
    return Changes(rows, deleted, link)


def untracked(name: TableName) -> RejectedError:
    """Say that a read ended without a link to go on from."""
    return RejectedError(
        "the last page carries no delta link",
        system=SYSTEM,
        call=f"GET {name.entity_set}",
        remedy=f"Enable change tracking for the table {name.logical}, and give the application "
        "user organisation-level read on it.",
    )


def deleted_id(entry: Json, name: TableName) -> str | None:
    """Return the id, in lower case, when ``entry`` reports a deletion."""
    marked = str(entry.get("@odata.context") or "").endswith("/$deletedEntity")
    removed = marked or "@removed" in entry or entry.get("reason") == "deleted"
    row_id = entry.get("id") or entry.get(name.primary_id)
    return plain_id(row_id) if removed and row_id else None
