"""Leases in memory: one holder at a time, with a token that fences off whoever lost it."""

from __future__ import annotations

from datetime import datetime, timedelta

from leadsync.state.lease import held, lost
from leadsync.state.port import Lease


class MemoryLeases:
    """Leases by name, with their holders; a token grows also over times without a holder."""

    def __init__(self) -> None:
        self._leases: dict[str, tuple[Lease, str]] = {}
        self._given_back: dict[str, int] = {}

    def acquire(
        self, name: str, owner: str, now: datetime, seconds: float, *, holder: str
    ) -> Lease:
        """Take, take over or extend a lease, see ``StateStore.acquire_lease``."""
        token = self._given_back.get(name, 0) + 1
        if name in self._leases:
            current, its_holder = self._leases[name]
            if current.owner != owner and current.expires_at > now:
                raise held(name, current.owner, its_holder, current.expires_at)
            token = current.token + (current.owner != owner)
        lease = Lease(name, owner, token, now + timedelta(seconds=seconds))
        self._leases[name] = (lease, holder)
        return lease

    def renew(self, lease: Lease, now: datetime, seconds: float) -> Lease:
        """Extend a lease that nobody took over."""
        self.check(lease)
        renewed = Lease(lease.name, lease.owner, lease.token, now + timedelta(seconds=seconds))
        self._leases[lease.name] = (renewed, self._leases[lease.name][1])
        return renewed

    def release(self, lease: Lease) -> None:
        """Give a lease back; a lost one is left alone."""
        if self._is_current(lease):
            del self._leases[lease.name]
            self._given_back[lease.name] = lease.token

    def current(self, name: str) -> tuple[Lease, str] | None:
        """Return a lease and its holder."""
        return self._leases.get(name)

    def check(self, lease: Lease) -> None:
        """Refuse a lease that was taken over."""
        if not self._is_current(lease):
            current = self._leases.get(lease.name)
            raise lost(lease, current[0].owner if current else None)

    def _is_current(self, lease: Lease) -> bool:
        current = self._leases.get(lease.name)
        return current is not None and (current[0].owner, current[0].token) == (
            lease.owner,
            lease.token,
        )
