"""Brings the state store's tables to the version that this code needs."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from leadsync.errors import ConfigurationError
from leadsync.state.engine import reading, shown, writing
from leadsync.state.migrations import HEAD

#: not Alembic's own name, so that one database can hold Airflow's tables and ours.
VERSION_TABLE = "leadsync_version"

#: any number that no other program of the same database locks.
_LOCK_NUMBER = 5_313_268_001


def upgrade(engine: Engine) -> None:
    """Create or migrate the tables; costs two small reads when nothing is to do.

    Several workers may start at once: one migrates, the others wait for it.

    :raises ConfigurationError: the store cannot be reached or written, or a newer leadsync made it.
    """
    with reading(engine) as connection:
        version = _version(connection)
    if version == HEAD:
        return
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK_NUMBER})
        version = _version(connection)
        if version != HEAD:
            _migrate(connection, version)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()


def _migrate(connection: Connection, version: str | None) -> None:
    # Alembic takes 0.2 s to import, which a store at its newest version need not pay.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes.update(connection=connection, version_table=VERSION_TABLE)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise ConfigurationError(
            f"The state store {shown(connection.engine.url)} has version {version}, which is newer "
            f"than this leadsync (version {HEAD}).",
            remedy="Update leadsync to the version that last used this store.",
        )
    command.upgrade(config, HEAD)
