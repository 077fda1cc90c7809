"""Company objects, which persons join by ``externalCompanyId`` (reference/marketo-rest.md 10).

Not writable beside a native CRM sync (1018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from leadsync.errors import TransientApiError
from leadsync.marketo.envelope import errors_of
from leadsync.marketo.persons import read_records
from leadsync.marketo.session import MarketoSession
from leadsync.marketo.timeouts import COMPANIES
from leadsync.model import Json, RecordError

PATH = "/rest/v1/companies.json"
KEY = "externalCompanyId"
BATCH = 300


@dataclass(frozen=True, slots=True)
class CompanyResult:
    """Outcome of one company, in input order."""

    status: Literal["created", "updated", "skipped"]
    company_id: int | None = None
    errors: tuple[RecordError, ...] = ()


def read_companies(
    session: MarketoSession, external_ids: Sequence[str], fields: Sequence[str]
) -> list[Json]:
    """Return the companies with these ``externalCompanyId``, in no given order."""
    return read_records(session, PATH, KEY, external_ids, fields)


def sync_companies(session: MarketoSession, records: Sequence[Json]) -> list[CompanyResult]:
    """Create or update at most 300 companies by ``externalCompanyId``.

    :raises ValueError: more than 300, a record without the key, or a key twice (1036).
    """
    keys = [record.get(KEY) for record in records]
    if len(records) > BATCH or not all(keys) or len(set(keys)) < len(keys):
        raise ValueError(f"a call takes {BATCH} companies, each with its own {KEY}")
    if not records:
        return []
    body = {"action": "createOrUpdate", "dedupeBy": "dedupeFields", "input": list(records)}
    answer = session.post(PATH, body, repeatable=True, timeout=COMPANIES)
    if len(answer.result) != len(records):
        raise TransientApiError(
            f"{len(answer.result)} results for {len(records)} companies; outcome unknown",
            system="marketo",
            call=f"POST {PATH}",
        )
    in_order = sorted(enumerate(answer.result), key=lambda pair: pair[1].get("seq", pair[0]))
    return [_result(item) for _, item in in_order]


def _result(item: Json) -> CompanyResult:
    status = item.get("status")
    if status in ("created", "updated"):
        return CompanyResult(status, item.get("id"))
    return CompanyResult("skipped", item.get("id"), errors_of(item))
