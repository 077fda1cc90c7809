"""Errors of the Web API with the service's codes and texts (reference/dataverse-webapi.md 15)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_HELP = "https://go.microsoft.com/fwlink/?linkid=2195293"


class ApiError(Exception):
    """An answer other than success.

    :param status: HTTP status.
    :param code: service error code as hex text.
    :param details: error annotations, sent only when the caller asked for all annotations.
    :param headers: extra response headers, such as ``Retry-After``.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = dict(details or {})
        self.headers = dict(headers or {})

    def body(self, with_details: bool = False) -> dict[str, Any]:
        """Return the JSON body of the error."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if with_details:
            error.update(self.details)
        return {"error": error}


def query_error(message: str, status: int = 400) -> ApiError:
    """Any error of the URL or its query options."""
    return ApiError(status, "0x80060888", message)


def unknown_segment(segment: str) -> ApiError:
    return query_error(f"Resource not found for the segment '{segment}'.", 404)


def unknown_property(name: str, table: str) -> ApiError:
    return query_error(
        f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{table}'."
    )


def payload_error(entity_set: str, inner: str) -> ApiError:
    """A body that does not fit the type: unknown names, wrong JSON types, bad binds."""
    return ApiError(
        400,
        "0x80048d19",
        f"Error identified in Payload provided by the user for Entity :'{entity_set}', For more "
        f"information on this error please follow this help link {_HELP}  ---->  InnerException : "
        f"{inner}",
    )


def undeclared_property(entity_set: str, table: str, name: str) -> ApiError:
    type_name = f"Microsoft.Dynamics.CRM.{table}"
    return payload_error(
        entity_set,
        f"Microsoft.Crm.CrmException: Invalid property '{name}' was found in entity '{type_name}'."
        f" ---> Microsoft.OData.ODataException: The property '{name}' does not exist on type "
        f"'{type_name}'. Make sure to only use property names that are defined by the type.",
    )


def undeclared_navigation(entity_set: str, name: str) -> ApiError:
    return payload_error(
        entity_set,
        f"Microsoft.OData.ODataException: An undeclared property '{name}' which only has property "
        "annotations in the payload but no property value was found in the payload. In OData, "
        "only declared navigation properties and declared named streams can be represented as "
        "properties without values.",
    )


def conversion_error(entity_set: str, value: object, edm: str) -> ApiError:
    return payload_error(
        entity_set,
        "Microsoft.OData.ODataException: Cannot convert the literal "
        f"'{value}' to the expected type '{edm}'.",
    )


def missing_row(table: str, row_id: str) -> ApiError:
    return ApiError(404, "0x80040217", f"{table} With Id = {row_id} Does Not Exist")


def missing_target(schema_name: str, row_id: str) -> ApiError:
    return ApiError(404, "0x80040217", f"Entity '{schema_name}' With Id = {row_id} Does Not Exist")


def missing_key_row(table: str) -> ApiError:
    return ApiError(
        404,
        "0x80060891",
        f"A record with the specified key values does not exist in {table} entity",
    )


def duplicate_row() -> ApiError:
    return ApiError(412, "0x80040237", "A record with matching key values already exists.")


def version_mismatch() -> ApiError:
    return ApiError(
        412,
        "0x80060882",
        "The version of the existing record doesn't match the RowVersion property provided.",
    )


def missing_argument(name: str) -> ApiError:
    return ApiError(400, "0x80040203", f"Required field '{name}' is missing")


def unsupported() -> ApiError:
    return ApiError(405, "0x80040315", "This action is not supported.")


def privilege_denied(user: str, privilege: str, table: str, code: int, depth: str) -> ApiError:
    """The caller's roles lack ``privilege`` at ``depth`` (section 20)."""
    return ApiError(
        403,
        "0x80040220",
        f"Principal user (Id={user}, type=8, roleCount=1, privilegeCount=1, accessMode=4) is "
        f"missing {privilege} privilege at {depth} level on OTC={code} for entity '{table}'.",
    )
