"""The Dynamics client: one object for everything leadsync does in an organisation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from leadsync.clock import Clock
from leadsync.dynamics.auth import TokenSource
from leadsync.dynamics.batch import MAX_OPERATIONS
from leadsync.dynamics.bulk import BulkWriter
from leadsync.dynamics.channel import Channel
from leadsync.dynamics.connection import DynamicsConnection
from leadsync.dynamics.delta import DeltaReader
from leadsync.dynamics.identity import Identity, IdentityReader
from leadsync.dynamics.merging import RowMerger
from leadsync.dynamics.metadata import MetadataReader
from leadsync.dynamics.naming import Naming
from leadsync.dynamics.provision import Provisioned, Provisioner
from leadsync.dynamics.read import Reader
from leadsync.dynamics.single import SingleWriter
from leadsync.dynamics.write import Writer
from leadsync.errors import ApiError
from leadsync.http.transport import HttpTransport
from leadsync.model import DeltaRead, DynamicsTable, Json, RowResult, RowWrite, TrackedPage
from leadsync.ports import CallLedger


class DynamicsClient:
    """Implements :class:`leadsync.ports.DynamicsApi` over the Dataverse Web API; thread-safe.

    Every method pages, splits and retries by itself. Tables are given by logical name, lookups in
    ``select`` by their read name (``_ownerid_value``).

    :param transport: to the organisation.
    :param tokens: issues tokens for it.
    """

    batch_size = MAX_OPERATIONS

    def __init__(
        self,
        connection: DynamicsConnection,
        transport: HttpTransport,
        tokens: TokenSource,
        clock: Clock,
    ) -> None:
        self.connection, self.address = connection, connection.org_url
        self._transport = transport
        channel = Channel(transport, tokens, clock, connection.api_version)
        self._metadata = MetadataReader(channel)
        self._naming = Naming(self._metadata.name)
        self._reader = Reader(channel)
        self._delta = DeltaReader(channel, self._reader, connection.org_url)
        self._writer = Writer(channel, self._naming, self._reader)
        self._bulk = BulkWriter(channel, self._naming, self._reader)
        self._single = SingleWriter(channel, self._naming)
        self._merger = RowMerger(channel, self._naming, self._reader)
        self._identity = IdentityReader(channel)
        self._provisioner = Provisioner(channel, self._metadata)

    @property
    def clock_ahead(self) -> timedelta | None:
        """How far the organisation's clock was ahead of ours at its last answer."""
        return self._transport.clock_ahead

    # ------------------------------------------------------------ reading

    def table(self, name: str, columns: Sequence[str] | None = None) -> DynamicsTable:
        """Return a table's metadata in 3 to 15 calls; see :meth:`MetadataReader.table`."""
        return self._metadata.table(name, columns)

    def navigation(self, table: str) -> dict[tuple[str, str], str]:
        """Return navigation properties by (lookup column, target); 1 call."""
        return self._metadata.navigation(table)

    def delta(self, table: str, select: Sequence[str], delta_link: str | None) -> DeltaRead:
        """Follow ``delta_link``, or read everything; see :meth:`DeltaReader.read`."""
        return self._delta.read(self._naming.of(table), select, delta_link)

    def tracked_pages(self, table: str, select: Sequence[str]) -> Iterator[TrackedPage]:
        """Read everything a page at a time; see :meth:`DeltaReader.tracked_pages`."""
        return self._delta.tracked_pages(self._naming.of(table), select)

    def rows_by_id(self, table: str, ids: Sequence[str], select: Sequence[str]) -> list[Json]:
        """Return current rows for ``ids``; missing ones are left out."""
        return self._reader.rows_by_id(self._naming.of(table), ids, select)

    def rows_by_email(self, table: str, emails: Sequence[str], select: Sequence[str]) -> list[Json]:
        """Return rows, active or not, whose ``emailaddress1`` is one of ``emails``."""
        return self._reader.rows_by_email(self._naming.of(table), emails, select)

    def rows_by(
        self, table: str, column: str, values: Sequence[str], select: Sequence[str]
    ) -> list[Json]:
        """Return rows whose ``column`` is one of ``values``; see :meth:`Reader.rows_by`."""
        return self._reader.rows_by(self._naming.of(table), column, values, select)

    def rows_containing(
        self, table: str, column: str, parts: Sequence[str], select: Sequence[str]
    ) -> list[Json]:
        """Return rows whose ``column`` contains one of ``parts``."""
        return self._reader.rows_containing(self._naming.of(table), column, parts, select)

    def rows_modified(
        self, table: str, select: Sequence[str], start: datetime, end: datetime
    ) -> list[Json]:
        """Return current rows with ``start <= modifiedon < end``."""
        return self._reader.rows_modified(self._naming.of(table), select, start, end)

    # ------------------------------------------------------------ writing

    def write_rows(self, writes: Sequence[RowWrite]) -> list[RowResult]:
        """Write at most ``batch_size`` rows in one ``$batch``; see :meth:`Writer.write_rows`."""
        return self._writer.write_rows(writes)

    def write_multiple(self, writes: Sequence[RowWrite]) -> list[RowResult]:
        """Write rows by bulk action, without conflict check; see :meth:`BulkWriter.write`."""
        return self._bulk.write(writes)

    def delete(self, table: str, row_id: str, etag: str | None = None) -> RowResult:
        """Delete a row; see :meth:`SingleWriter.delete`."""
        return self._single.delete(table, row_id, etag)

    def upsert(
        self, table: str, key: Mapping[str, int | str], body: Json
    ) -> tuple[str | None, RowResult]:
        """Create or update by alternate key; see :meth:`SingleWriter.upsert`."""
        return self._single.upsert(table, key, body)

    def merge_rows(self, table: str, winner: str, loser: str) -> RowResult:
        """Merge a row into another of its table; see :meth:`RowMerger.merge`."""
        return self._merger.merge(table, winner, loser)

    def qualify_lead(
        self,
        lead_id: str,
        *,
        account: bool,
        contact: bool,
        opportunity: bool = False,
        status: int = 3,
    ) -> list[Json]:
        """Qualify an open lead; see :meth:`SingleWriter.qualify_lead`."""
        return self._single.qualify_lead(
            lead_id, account=account, contact=contact, opportunity=opportunity, status=status
        )

    # ------------------------------------------------------------ set-up and diagnosis

    def whoami(self) -> Identity:
        """Return who the token makes us; 1 call."""
        return self._identity.whoami()

    def organisation(self) -> str:
        """Return the id of the organisation; 1 call."""
        return self.whoami().organization_id

    def version(self) -> str:
        """Return the organisation's version; 1 call."""
        return self._identity.version()

    def read_problem(self, table: str) -> ApiError | None:
        """Return why ``table`` cannot be followed, or ``None``; 1 call."""
        return self._identity.read_problem(self._naming.of(table))

    def provision(self, table: str, *, sync_flag: bool = False) -> Provisioned:
        """Create leadsync's columns and key; see :meth:`Provisioner.provision`."""
        return self._provisioner.provision(table, sync_flag=sync_flag)


def open_client(connection: DynamicsConnection, ledger: CallLedger, clock: Clock) -> DynamicsClient:
    """Return a client with its own connections to the organisation and to the authority.

    :param ledger: counts calls to the organisation; token requests are not counted.
    :raises ConfigurationError: a URL is not acceptable.
    """

    def transport(url: str, concurrency: int) -> HttpTransport:
        return HttpTransport(
            "dynamics",
            url,
            ledger=ledger,
            clock=clock,
            ca_bundle=connection.ca_bundle,
            max_concurrency=concurrency,
        )

    tokens = TokenSource(connection, transport(connection.authority, 1), clock)
    organisation = transport(connection.org_url, connection.max_concurrency)
    return DynamicsClient(connection, organisation, tokens, clock)
