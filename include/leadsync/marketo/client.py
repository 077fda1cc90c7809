"""The Marketo client: everything that leadsync asks of one instance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from leadsync.clock import Clock
from leadsync.http.retry import Random
from leadsync.http.transport import HttpTransport
from leadsync.marketo import feeds
from leadsync.marketo.activity_types import NewActivityType, activity_types, provide_type
from leadsync.marketo.auth import TokenKeeper
from leadsync.marketo.bulk_extract import BulkExport
from leadsync.marketo.bulk_import import BulkImport
from leadsync.marketo.companies import CompanyResult, read_companies, sync_companies
from leadsync.marketo.connection import MarketoConnection
from leadsync.marketo.custom_activities import add_activities
from leadsync.marketo.describe import PersonObject, describe_fields, describe_object
from leadsync.marketo.persons import read_persons
from leadsync.marketo.remove import DeleteResult, delete_persons, merge_persons
from leadsync.marketo.schema_fields import FieldResult, NewField, create_fields
from leadsync.marketo.session import MarketoSession
from leadsync.marketo.sync_persons import BATCH, Action, PersonWriter
from leadsync.marketo.usage import Usage, usage_today
from leadsync.model import (
    ActivityResult,
    ActivityType,
    FeedRead,
    Json,
    MarketoField,
    NewActivity,
    PersonResult,
)
from leadsync.ports import CallLedger


class MarketoClient:
    """Implements :class:`leadsync.ports.MarketoApi` over REST, and what else the product needs.

    Safe to share between threads. Every method raises :class:`leadsync.errors.ApiError` of the
    kind that :mod:`leadsync.marketo.codes` gives Marketo's codes.
    """

    batch_size = BATCH

    def __init__(
        self,
        connection: MarketoConnection,
        transport: HttpTransport,
        clock: Clock,
        rand: Random = random.random,
    ) -> None:
        self.instance, self.address = connection.instance, connection.base_url
        tokens = TokenKeeper(connection, transport, clock, rand)
        self.session = MarketoSession(tokens, transport, clock, rand)

    def close(self) -> None:
        """Close the pooled connections."""
        self.session.transport.close()

    # ------------------------------------------------------------ schema

    def describe(self) -> dict[str, MarketoField]:
        """Return all REST-visible person fields by REST name."""
        return describe_fields(self.session)

    def describe_object(self) -> PersonObject:
        """Return which person fields are searchable and which a native CRM sync owns."""
        return describe_object(self.session)

    def create_fields(self, fields: Sequence[NewField]) -> list[FieldResult]:
        """Create custom person fields; results in input order."""
        return create_fields(self.session, fields)

    # ------------------------------------------------------------ persons

    def persons(self, filter_type: str, values: Sequence[str], fields: Sequence[str]) -> list[Json]:
        """Return all persons whose ``filter_type`` is one of ``values``; ``id`` is always there."""
        return read_persons(self.session, filter_type, values, fields)

    def sync_persons(
        self, action: Action, lookup_field: str, records: Sequence[Json]
    ) -> list[PersonResult]:
        """Write at most ``batch_size`` persons; results in input order."""
        return PersonWriter(self.session, action, lookup_field).write(records)

    def delete_persons(self, person_ids: Sequence[int]) -> list[DeleteResult]:
        """Delete persons; results in input order."""
        return delete_persons(self.session, person_ids)

    def merge_persons(self, winner: int, losers: Sequence[int]) -> None:
        """Merge ``losers`` into ``winner``."""
        merge_persons(self.session, winner, losers)

    # ------------------------------------------------------------ companies

    def companies(self, external_ids: Sequence[str], fields: Sequence[str]) -> list[Json]:
        """Return the companies with these ``externalCompanyId``."""
        return read_companies(self.session, external_ids, fields)

    def sync_companies(self, records: Sequence[Json]) -> list[CompanyResult]:
        """Create or update at most 300 companies by ``externalCompanyId``."""
        return sync_companies(self.session, records)

    # ------------------------------------------------------------ activities

    def paging_token(self, since: datetime) -> str:
        """Return the token from which the activity feeds continue at ``since``."""
        return feeds.paging_token(self.session, since)

    def lead_changes(
        self,
        token: str,
        fields: Sequence[str],
        *,
        until: datetime | None = None,
        pages: int | None = None,
    ) -> FeedRead:
        """Read Change Data Value and New Lead activities to the feed's end, or stop early."""
        return feeds.lead_changes(self.session, token, fields, feeds.Stop(until, pages))

    def deleted_leads(
        self, token: str, *, until: datetime | None = None, pages: int | None = None
    ) -> FeedRead:
        """Read Delete Lead activities to the feed's end, or stop early."""
        return feeds.deleted_leads(self.session, token, feeds.Stop(until, pages))

    def activities(
        self,
        token: str,
        type_ids: Sequence[int],
        *,
        until: datetime | None = None,
        pages: int | None = None,
    ) -> FeedRead:
        """Read activities of at most 10 types to the feed's end, or stop early."""
        return feeds.activities(self.session, token, type_ids, feeds.Stop(until, pages))

    def add_activities(self, activities: Sequence[NewActivity]) -> list[ActivityResult]:
        """Add at most 300 custom activities; never repeated after a lost answer."""
        return add_activities(self.session, activities)

    def activity_types(self) -> dict[str, ActivityType]:
        """Return the custom activity types by API name."""
        return activity_types(self.session)

    def provide_activity_type(self, wanted: NewActivityType) -> ActivityType:
        """Return the approved custom activity type, creating it where needed."""
        return provide_type(self.session, wanted)

    # ------------------------------------------------------------ bulk

    def bulk_export(self, kind: Literal["leads", "activities"]) -> BulkExport:
        """Return the export jobs of leads or activities."""
        return BulkExport(self.session, kind)

    def bulk_import(self) -> BulkImport:
        """Return the import jobs of persons."""
        return BulkImport(self.session)

    @property
    def clock_ahead(self) -> timedelta | None:
        """How far Marketo's clock was ahead of ours at its last answer."""
        return self.session.transport.clock_ahead

    # ------------------------------------------------------------ quota

    def usage_today(self) -> Usage | None:
        """Return today's calls of all integrations."""
        return usage_today(self.session)


def open_client(
    connection: MarketoConnection, ledger: CallLedger, clock: Clock, rand: Random = random.random
) -> MarketoClient:
    """Return a client with its own pooled connections.

    :param ledger: counts the calls; token requests are not counted.
    :raises ConfigurationError: the base URL or the CA bundle is not acceptable.
    """
    transport = HttpTransport(
        "marketo",
        connection.base_url,
        ledger=ledger,
        clock=clock,
        ca_bundle=connection.ca_bundle,
        max_concurrency=connection.max_concurrency,
    )
    return MarketoClient(connection, transport, clock, rand)
