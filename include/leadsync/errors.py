"""Errors that a user can act on: each names what failed and what to do about it."""

from __future__ import annotations

from datetime import datetime


class LeadsyncError(Exception):
    """Base of all errors that leadsync raises on purpose.

    :param message: what is wrong, naming the record, field, rule or value.
    :param remedy: what to do about it, as an instruction.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} Remedy: {self.remedy}" if self.remedy else self.message


class ConfigurationError(LeadsyncError):
    """A setting, connection, mapping or permission is wrong; no retry helps (exit code 2)."""


class MappingError(ConfigurationError):
    """The mapping file is malformed or does not fit the schemas of the two systems."""


class StateError(LeadsyncError):
    """The state store refused an operation."""


class LeaseHeldError(StateError):
    """Another cycle holds the lease."""


class LeaseLostError(StateError):
    """The cycle's lease was taken over; its writes are refused from now on."""


class StaleLoadError(StateError):
    """Other cycles have read and linked since a first load began, so it cannot go on."""


class ApiError(LeadsyncError):
    """A call to Marketo or Dynamics failed.

    :param system: ``marketo`` or ``dynamics``.
    :param call: HTTP verb and path, without query and secrets.
    :param code: the system's own error code, or the HTTP status as text.
    :param record: the record concerned, if one is known.
    """

    def __init__(
        self,
        message: str,
        *,
        system: str,
        call: str,
        code: str = "",
        record: str = "",
        remedy: str = "",
    ) -> None:
        where = f"{system}: {call}" + (f" [{code}]" if code else "")
        about = f" (record {record})" if record else ""
        super().__init__(f"{where}{about}: {message}", remedy=remedy)
        self.system = system
        self.call = call
        self.code = code
        self.record = record
        self.detail = message


class AuthenticationError(ApiError, ConfigurationError):
    """The client id, secret, tenant or token was refused."""


class PermissionDeniedError(ApiError, ConfigurationError):
    """The API user lacks a permission."""


class UnreachableError(ApiError, ConfigurationError):
    """The host cannot be resolved or connected to: usually a wrong base URL."""


class TransientApiError(ApiError):
    """A temporary failure; the outcome of a write is unknown. Retried by the client's policy.

    ``retry_after`` is how many seconds the system asked us to wait, where it did.
    """

    retry_after: float | None = None


class NotSentError(TransientApiError):
    """No connection to a host that answered before; nothing was sent, any call may be repeated."""


class ThrottledError(TransientApiError):
    """The system asked to slow down; nothing was executed.

    :param retry_after: seconds to wait, when the system said so.
    """

    def __init__(
        self,
        message: str,
        *,
        system: str,
        call: str,
        code: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, system=system, call=call, code=code, remedy="Retried by itself.")
        self.retry_after = retry_after


class QuotaSpentError(ApiError):
    """The daily quota, or the configured share of it, is used up until the reset.

    :param resets_at: when calls are possible again.
    """

    def __init__(
        self,
        message: str,
        *,
        system: str,
        call: str,
        code: str = "",
        remedy: str = "",
        resets_at: datetime | None = None,
    ) -> None:
        super().__init__(message, system=system, call=call, code=code, remedy=remedy)
        self.resets_at = resets_at


class RejectedError(ApiError):
    """The system understood the call and refuses it for good."""


class SchemaChangedError(ApiError):
    """A column or field that the schema cache knows is gone or has changed."""


class DeltaExpiredError(ApiError):
    """A delta link is too old or was invalidated; a full read is needed."""
