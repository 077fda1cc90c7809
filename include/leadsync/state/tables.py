"""Tables of the state store. A change here needs a migration in ``migrations/versions``."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)

from leadsync.state.types import JsonText, MarkedText, UtcDateTime

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s"}
)

_LIVE = text("status IN ('open', 'out_of_scope', 'inactive')")
_WAITING = text("status IN ('open', 'released', 'retried')")
_UNSENT = text("status IN ('waiting', 'sending')")
_UNCONFIRMED = text("operation IN ('create', 'link') AND status = 'pending'")

#: SQLite numbers rows by itself only in a column declared exactly INTEGER PRIMARY KEY.
_Serial = BigInteger().with_variant(Integer(), "sqlite")

#: ``owner`` is NULL once the lease was given back; the row stays, so that ``token`` only grows.
lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text),
    Column("holder", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

cycle = Table(
    "cycle",
    metadata,
    Column("cycle_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("window_from", UtcDateTime),
    Column("window_to", UtcDateTime, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("run_id", Text),
    Column("report", JsonText),
    Column("error", MarkedText),
    Index("ix_cycle_opened_at", "opened_at"),
)

cursor = Table(
    "cursor",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

#: never two live links for one person or one row (semantics.md 1).
link = Table(
    "link",
    metadata,
    Column("link_id", Text, primary_key=True),
    Column("marketo_id", BigInteger, nullable=False),
    Column("dynamics_table", Text, nullable=False),
    Column("dynamics_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("etag", Text),
    Column("cycle_id", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_link_person", "marketo_id"),
    Index("ix_link_row", "dynamics_table", "dynamics_id"),
    Index(
        "uq_link_live_person",
        "marketo_id",
        unique=True,
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    ),
    Index(
        "uq_link_live_row",
        "dynamics_table",
        "dynamics_id",
        unique=True,
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    ),
)

base_value = Table(
    "base_value",
    metadata,
    Column("link_id", Text, ForeignKey("link.link_id", ondelete="CASCADE"), primary_key=True),
    Column("body", JsonText, nullable=False),
)

intent = Table(
    "intent",
    metadata,
    Column("intent_id", Text, primary_key=True),
    Column("cycle_id", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("dynamics_table", Text, nullable=False),
    Column("marketo_id", BigInteger),
    Column("dynamics_id", Text),
    Column("body", JsonText, nullable=False),
    Column("status", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_intent_cycle", "cycle_id", "side"),
    Index(
        "ix_intent_unconfirmed",
        "dynamics_id",
        sqlite_where=_UNCONFIRMED,
        postgresql_where=_UNCONFIRMED,
    ),
)

journal = Table(
    "journal",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("cycle_id", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("side", Text),
    Column("dynamics_table", Text, nullable=False),
    Column("marketo_id", BigInteger),
    Column("dynamics_id", Text),
    Column("field", Text),
    Column("base", MarkedText),
    Column("marketo", MarkedText),
    Column("dynamics", MarkedText),
    Column("winner", Text),
    Column("rule", Text),
    Column("made_with", JsonText),
    Index("ix_journal_person", "marketo_id"),
    Index("ix_journal_row", "dynamics_id"),
    Index("ix_journal_cycle", "cycle_id"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Text, primary_key=True),
    Column("record_key", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("dynamics_table", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("marketo_id", BigInteger),
    Column("dynamics_id", Text),
    Column("fingerprint", Text, nullable=False),
    Column("rules_hash", Text, nullable=False),
    Column("row", JsonText, nullable=False),
    Column("failures", JsonText, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
    Column("cycle_id", Text, nullable=False),
    Index("ix_quarantine_status", "status", "last_seen"),
    Index(
        "uq_quarantine_waiting",
        "record_key",
        unique=True,
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    ),
)

#: what happened to an item; goes with it.
quarantine_event = Table(
    "quarantine_event",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("item_id", Text, ForeignKey("quarantine.id", ondelete="CASCADE"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", MarkedText),
    Column("cycle_id", Text),
    Column("detail", MarkedText),
    Index("ix_quarantine_event_item", "item_id"),
)

#: what persons' activity logs in Marketo are to say, and have been told.
person_activity = Table(
    "person_activity",
    metadata,
    Column("key", Text, primary_key=True),
    Column("item_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("marketo_id", BigInteger, nullable=False),
    Column("dynamics_id", Text),
    Column("attributes", JsonText, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("tried_at", UtcDateTime),
    Column("due_at", UtcDateTime, nullable=False),
    Column("error", MarkedText),
    Index("ix_person_activity_item", "item_id"),
    Index(
        "ix_person_activity_unsent",
        "created_at",
        "key",
        sqlite_where=_UNSENT,
        postgresql_where=_UNSENT,
    ),
)

deferred = Table(
    "deferred",
    metadata,
    Column("record_key", Text, primary_key=True),
    Column("direction", Text, nullable=False),
    Column("dynamics_table", Text, nullable=False),
    Column("marketo_id", BigInteger),
    Column("dynamics_id", Text),
    Column("reason", MarkedText, nullable=False),
    Column("since_cycle", Text, nullable=False),
    Column("times", Integer, nullable=False),
)

seen_activity = Table(
    "seen_activity",
    metadata,
    Column("guid", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_seen_activity_at", "at"),
)

#: calls for named records, from people and from the flow step; answered by a cycle.
request = Table(
    "request",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("action", Text, nullable=False),
    Column("marketo_id", BigInteger),
    Column("dynamics_table", Text),
    Column("dynamics_id", Text),
    Column("sync_as", Text),
    Column("assign_to", Text),
    Column("status", Text, nullable=False),
    Column("outcome", Text),
    Column("message", MarkedText),
    Column("cycle_id", Text),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_request_status", "status", "requested_at"),
)

#: calls of Marketo's flow step and webhooks, and the callbacks that are owed for them.
call = Table(
    "call",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("munchkin_id", Text),
    Column("campaign", BigInteger),
    Column("callback", JsonText),
    Column("status", Text, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("answer_by", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("unanswered", Boolean, nullable=False),
    Column("error", Text),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_call_status", "status", "received_at"),
)

#: the persons of a call and the requests that stand for them.
call_item = Table(
    "call_item",
    metadata,
    Column("call_id", Text, ForeignKey("call.call_id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("marketo_id", BigInteger, nullable=False),
    Column("request_id", Text, nullable=False),
    Index("ix_call_item_request", "request_id"),
    Index("ix_call_item_person", "marketo_id"),
)

#: accounts, users and teams as they were last read.
related_row = Table(
    "related_row",
    metadata,
    Column("table", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("fields", JsonText, nullable=False),
    Column("active", Boolean, nullable=False),
)

#: what the row of a link refers to, by column.
lookup = Table(
    "lookup",
    metadata,
    Column("link_id", Text, primary_key=True),
    Column("column", Text, primary_key=True),
    Column("target_table", Text),
    Column("target_id", Text),
    Index("ix_lookup_target", "column", "target_table", "target_id"),
)

#: facts about e-mail addresses that outlive their records, by a hash of the address.
mark = Table(
    "mark",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("key_hash", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

schema_cache = Table(
    "schema_cache",
    metadata,
    Column("name", Text, primary_key=True),
    Column("read_at", UtcDateTime, nullable=False),
    Column("body", JsonText, nullable=False),
)

#: calls of one system in one short slice of time, for the sliding windows of its rate limits.
call_bucket = Table(
    "call_bucket",
    metadata,
    Column("system", Text, primary_key=True),
    Column("bucket", BigInteger, primary_key=True),
    Column("calls", Integer, nullable=False),
)

#: calls of one system on one day of its own quota.
call_day = Table(
    "call_day",
    metadata,
    Column("system", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("calls", Integer, nullable=False),
)

#: what alerts are about, and the channels that believe it goes on.
incident = Table(
    "incident",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("count", Integer, nullable=False),
    Column("told", JsonText, nullable=False),
)

#: the instance and the organisation whose ids this store holds.
binding = Table(
    "binding",
    metadata,
    Column("system", Text, primary_key=True),
    Column("identity", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("checked_at", UtcDateTime, nullable=False),
)
