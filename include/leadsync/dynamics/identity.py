"""Who we are in the organisation, and what we may read (reference/dataverse-webapi.md 2.5, 20)."""

from __future__ import annotations

from dataclasses import dataclass

from leadsync.dynamics import odata
from leadsync.dynamics.channel import Channel
from leadsync.dynamics.errors import SYSTEM
from leadsync.dynamics.headers import page_preference
from leadsync.dynamics.naming import TableName
from leadsync.errors import ApiError, PermissionDeniedError, RejectedError


@dataclass(frozen=True, slots=True)
class Identity:
    """The application user and its organisation, as GUIDs."""

    user_id: str
    business_unit_id: str
    organization_id: str


class IdentityReader:
    """Small reads for the connection test and the doctor."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def whoami(self) -> Identity:
        """Return who the token makes us; 1 call.

        :raises AuthenticationError: the token is refused.
        :raises PermissionDeniedError: there is no application user for the client id.
        """
        answer = self._channel.get("WhoAmI")
        try:
            return Identity(answer["UserId"], answer["BusinessUnitId"], answer["OrganizationId"])
        except KeyError as missing:
            raise RejectedError(
                f"the answer lacks {missing}",
                system=SYSTEM,
                call="GET WhoAmI",
                remedy="Check the connection's host: it is not Dynamics 365 that answers there.",
            ) from missing

    def version(self) -> str:
        """Return the organisation's version, such as ``9.2.24044.165``; 1 call."""
        return str(self._channel.get("RetrieveVersion()")["Version"])

    def read_problem(self, name: TableName) -> ApiError | None:
        """Return why ``name`` cannot be followed with change tracking, or ``None``; 1 call.

        Asks for one row with change tracking, which needs organisation-level read and the table's
        switch: so a role that reads only its own business unit is found as well.
        """
        resource = odata.resource(name.entity_set, select=name.primary_id)
        try:
            self._channel.get(resource, page_preference(1, track_changes=True))
        except (PermissionDeniedError, RejectedError) as error:
            return error
        return None
