"""Opens the state store that a URL names."""

from __future__ import annotations

from sqlalchemy import URL

from leadsync.state.engine import make_engine
from leadsync.state.migrate import upgrade
from leadsync.state.store import SqlStateStore


def open_store(url: str | URL) -> SqlStateStore:
    """Open the store, creating or migrating its tables first.

    :param url: ``sqlite:////path`` or ``postgresql://user:password@host:port/database``; a ``URL``
        keeps special characters of the password as they are.
    :raises ConfigurationError: the store cannot be reached or written, or is newer than the code.
    """
    engine = make_engine(url)
    upgrade(engine)
    return SqlStateStore(engine)
