"""Carries out one operation, alone or as a part of a batch: routes it by its path."""

from __future__ import annotations

from collections.abc import Callable

from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.dynamics import collections, entities, functions
from leadsync_sandbox.dynamics.actions import bulk, merge, qualify
from leadsync_sandbox.dynamics.actions.bulk_delete import bulk_delete
from leadsync_sandbox.dynamics.csdl import metadata_document
from leadsync_sandbox.dynamics.errors import ApiError, query_error, unknown_segment, unsupported
from leadsync_sandbox.dynamics.exchange import Request
from leadsync_sandbox.dynamics.metadata.changing import change_metadata
from leadsync_sandbox.dynamics.metadata.reading import read_metadata, retrieve_metadata_changes
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.session import Session

Handler = Callable[[Session, Request], Answer]
_CRM = "Microsoft.Dynamics.CRM."
_FUNCTIONS: dict[str, Handler] = {
    "WhoAmI": functions.who_am_i,
    "RetrieveVersion": functions.retrieve_version,
    "RetrieveCurrentOrganization": functions.retrieve_organization,
    "RetrieveMetadataChanges": retrieve_metadata_changes,
    "GlobalOptionSetDefinitions": functions.global_option_sets,
    "$metadata": metadata_document,
}
_ACTIONS: dict[str, Handler] = {"Merge": merge.merge_rows, "BulkDelete": bulk_delete}


def execute(session: Session, request: Request) -> Answer:
    """Return the operation's answer.

    :raises ApiError: for every other outcome.
    """
    segments = request.segments
    if not segments:
        return functions.service_document(session, request)
    name, key = segments[0]
    if name == "EntityDefinitions":
        handler = read_metadata if request.method == "GET" else change_metadata
        return handler(session, request)
    if name in _FUNCTIONS:
        _require_method(request, "GET")
        return _FUNCTIONS[name](session, request)
    if name in _ACTIONS:
        _require_method(request, "POST")
        return _ACTIONS[name](session, request)
    if name.startswith("$") and key is None:
        return _by_reference(session, request, name[1:])
    table = session.table_of_set(name)
    if key is None:
        return _on_set(session, request, table)
    return _on_row(session, request, table, key)


def _on_set(session: Session, request: Request, table: Table) -> Answer:
    rest = [name for name, _ in request.segments[1:]]
    if not rest:
        if request.method == "GET":
            return collections.read(session, request, table)
        _require_method(request, "POST")
        return entities.create_row(session, request, table)
    if rest == ["$count"]:
        _require_method(request, "GET")
        return collections.count(session, request, table)
    action = rest[0].removeprefix(_CRM)
    if rest[0].startswith(_CRM) and action in bulk.ACTIONS and len(rest) == 1:
        _require_method(request, "POST")
        return bulk.ACTIONS[action](session, request, table)
    raise unknown_segment(rest[0])


def _on_row(session: Session, request: Request, table: Table, key: str) -> Answer:
    rest = [name for name, _ in request.segments[1:]]
    if not rest:
        return entities.on_row(session, request, table, key)
    if rest[0] == f"{_CRM}QualifyLead" and table.name == "lead":
        _require_method(request, "POST")
        return qualify.qualify_lead(session, request, table, key)
    if rest[0].startswith(_CRM):
        raise unknown_segment(rest[0])
    if len(rest) > 2:
        raise unknown_segment(rest[2])
    return entities.on_property(session, request, table, key)


def _by_reference(session: Session, request: Request, content_id: str) -> Answer:
    if content_id not in session.references:
        raise query_error(
            f"Content-ID Reference: '${content_id}' does not exist in the batch context."
        )
    table, row_id = session.references[content_id]
    rest = request.path.partition("/")[2]
    path = f"{table.entity_set}({row_id})" + (f"/{rest}" if rest else "")
    moved = Request(request.method, path, request.query, request.headers, request.body)
    return _on_row(session, moved, table, row_id)


def _require_method(request: Request, method: str) -> None:
    if request.method != method:
        raise unsupported_method(request)


def unsupported_method(request: Request) -> ApiError:
    """Return the error for a verb that the resource does not know."""
    error = unsupported()
    error.headers["Allow"] = "OPTIONS,GET,HEAD,POST"
    error.message = f"The HTTP verb {request.method} is not supported for this resource."
    return error
