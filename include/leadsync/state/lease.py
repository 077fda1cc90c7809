"""The lease in SQL: one cycle at a time, with a token that fences off whoever lost it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update
from sqlalchemy.engine import RowMapping

from leadsync.errors import LeaseHeldError, LeaseLostError
from leadsync.state.port import Lease
from leadsync.state.statements import insert_missing
from leadsync.state.tables import lease as table


def acquire(
    connection: Connection,
    name: str,
    owner: str,
    *,
    now: datetime,
    seconds: float,
    holder: str,
) -> Lease:
    """Take, take over or extend the lease, see ``StateStore.acquire_lease``."""
    insert_missing(
        connection,
        table,
        {"name": name, "owner": None, "holder": "", "token": 0, "expires_at": now},
    )
    row = _locked(connection, name)
    if row is None:
        raise AssertionError(f"The row of lease {name} was just inserted.")
    if row["owner"] not in (None, owner) and row["expires_at"] > now:
        raise held(name, row["owner"], row["holder"], row["expires_at"])
    token = row["token"] + (row["owner"] != owner)
    lease = Lease(name, owner, token, now + timedelta(seconds=seconds))
    connection.execute(
        update(table)
        .where(table.c.name == name)
        .values(owner=owner, holder=holder, token=token, expires_at=lease.expires_at)
    )
    return lease


def renew(connection: Connection, lease: Lease, now: datetime, seconds: float) -> Lease:
    """Extend the lease, see ``StateStore.renew_lease``."""
    check(connection, lease)
    until = now + timedelta(seconds=seconds)
    connection.execute(update(table).where(table.c.name == lease.name).values(expires_at=until))
    return Lease(lease.name, lease.owner, lease.token, until)


def release(connection: Connection, lease: Lease) -> None:
    """Give the lease back where it is still ours; its token stays, so that it only grows."""
    connection.execute(
        update(table)
        .where(
            table.c.name == lease.name,
            table.c.owner == lease.owner,
            table.c.token == lease.token,
        )
        .values(owner=None, holder="")
    )


def current(connection: Connection, name: str) -> tuple[Lease, str] | None:
    """Return the lease and its holder, see ``StateStore.current_lease``."""
    row = connection.execute(select(table).where(table.c.name == name)).mappings().first()
    if row is None or row["owner"] is None:
        return None
    return Lease(name, row["owner"], row["token"], row["expires_at"]), row["holder"]


def check(connection: Connection, lease: Lease) -> None:
    """Lock the lease until the end of the transaction and see that it is still ours.

    :raises LeaseLostError: somebody else took it, or it was given back.
    """
    row = _locked(connection, lease.name)
    if row is None or (row["owner"], row["token"]) != (lease.owner, lease.token):
        raise lost(lease, row["owner"] if row else None)


def held(name: str, owner: str, holder: str, until: datetime) -> LeaseHeldError:
    """Say who holds the lease, and until when."""
    where = f" on {holder}" if holder else ""
    return LeaseHeldError(
        f"The lease {name} is held by {owner}{where} until {until:%Y-%m-%dT%H:%M:%SZ}.",
        remedy="Wait for that cycle to end; a crashed one is taken over when its lease expires.",
    )


def lost(lease: Lease, owner: str | None) -> LeaseLostError:
    """Say who has the lease now."""
    now = f"{owner} took it over" if owner else "it was given back"
    return LeaseLostError(
        f"The lease {lease.name} of {lease.owner} (token {lease.token}) is lost: {now}. "
        "Nothing was stored.",
        remedy="Let the newer cycle run; it starts from what was stored before.",
    )


def _locked(connection: Connection, name: str) -> RowMapping | None:
    statement = select(table).where(table.c.name == name).with_for_update()
    return connection.execute(statement).mappings().first()
