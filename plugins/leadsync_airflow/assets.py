"""What leadsync's tasks read and write, as Airflow assets: the asset graph and OpenLineage show it.

The host of an asset's URI is the id of the connection that leads to it, so that DAG files need not
look it up. Schemes with ``x-`` are used as they are: looking for a normaliser among all providers
would cost each task process 0.16 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow.sdk import Asset

if TYPE_CHECKING:
    from airflow.providers.common.compat.openlineage.facet import Dataset

GROUP = "leadsync"


def _asset(system: str, connection: str, thing: str) -> Asset:
    return Asset(f"{system}/{thing}", uri=f"x-{system}://{connection}/{thing}", group=GROUP)


PERSONS = _asset("marketo", "marketo_default", "persons")
ACTIVITIES = _asset("marketo", "marketo_default", "activities")
LEADS = _asset("dynamics365", "dynamics_default", "lead")
CONTACTS = _asset("dynamics365", "dynamics_default", "contact")
ACCOUNTS = _asset("dynamics365", "dynamics_default", "account")
OWNERS = _asset("dynamics365", "dynamics_default", "systemuser")
#: pairs of records, and the last values that both sides agreed on.
LINKS = _asset("leadsync", "leadsync_db", "link")
JOURNAL = _asset("leadsync", "leadsync_db", "journal")
QUARANTINE = _asset("leadsync", "leadsync_db", "quarantine")

MARKETO_READ = [PERSONS, ACTIVITIES]
MARKETO_WRITTEN = [PERSONS]
DYNAMICS_READ = [LEADS, CONTACTS, ACCOUNTS, OWNERS]
DYNAMICS_WRITTEN = [LEADS, CONTACTS]
STATE_READ = [LINKS, QUARANTINE]
STATE_WRITTEN = [LINKS, JOURNAL, QUARANTINE]
#: of a task that runs a whole cycle.
CYCLE_READ = [*MARKETO_READ, *DYNAMICS_READ, *STATE_READ]
CYCLE_WRITTEN = [*MARKETO_WRITTEN, *DYNAMICS_WRITTEN, *STATE_WRITTEN]


def to_openlineage(asset: Asset, lineage_context: object) -> Dataset:  # noqa: ARG001
    """Return the asset as an OpenLineage data set; without that package there is none."""
    from airflow.providers.common.compat.openlineage.facet import Dataset

    return Dataset(*openlineage_name(asset))


def openlineage_name(asset: Asset) -> tuple[str, str]:
    """Return namespace and name: the system's address, and the thing in it.

    Without the connection its id stands for the address.
    """
    from leadsync_airflow.connections import find_connection

    uri = urlsplit(asset.uri)
    connection = find_connection(uri.netloc)
    host = connection.host if connection and connection.host else uri.netloc
    scheme = uri.scheme.removeprefix("x-")
    return f"{scheme}://{host.partition('://')[2] or host}", uri.path.removeprefix("/")
