"""What a DAG run asks for by name, as requests in the state store (semantics.md 4).

A request's id comes from the run and the record. So a retry or a cleared task finds what was asked
before, with its answer, and does not ask twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leadsync.errors import ConfigurationError
from leadsync_airflow.turns import owner_of

if TYPE_CHECKING:
    from leadsync.cycle.context import Engine
    from leadsync.state.port import RequestRow


def persons_to_create(engine: Engine, context: Mapping[str, Any]) -> list[RequestRow]:
    """Return the requests of a ``sync_person_to_microsoft`` run, one per person.

    :param context: Airflow's task context; its params were checked by Airflow.
    :raises ConfigurationError: the owner is to change, but nobody is named.
    """
    from leadsync.cycle.request.on_request import person_request

    params = context["params"]
    owner = (params["assign_to"] or "").strip() or None
    if params["action"] == "change_owner" and owner is None:
        raise ConfigurationError(
            "This run is to change the owner, but assign_to is empty.",
            remedy="Trigger it with assign_to: a Dynamics user's id, user name or e-mail address.",
        )
    requests = [
        person_request(
            engine, params["action"], int(person), sync_as=params["sync_as"], assign_to=owner
        )
        for person in params["person_ids"]
    ]
    return _of_run(requests, context)


def records_to_force(engine: Engine, context: Mapping[str, Any]) -> list[RequestRow]:
    """Return the requests of a ``sync_now`` run, one per person and row.

    :raises ConfigurationError: the run names no record.
    """
    from leadsync.cycle.reading import as_table
    from leadsync.cycle.request.on_request import person_request, row_request

    params = context["params"]
    requests = [person_request(engine, "sync_now", int(person)) for person in params["marketo_ids"]]
    for row in params["dynamics_ids"]:
        table, _, row_id = row.partition(":")
        requests.append(row_request(engine, as_table(table), row_id))
    if not requests:
        raise ConfigurationError(
            "This run names no record: marketo_ids and dynamics_ids are both empty.",
            remedy="Trigger it with at least one person id, or one row as TABLE:GUID.",
        )
    return _of_run(requests, context)


def store_once(engine: Engine, requests: Sequence[RequestRow]) -> list[RequestRow]:
    """Store the requests that are new and return all of them as they stand."""
    from leadsync.cycle.request.on_request import store_requests

    known = {request["request_id"] for request in as_they_stand(engine, requests)}
    store_requests(engine, [one for one in requests if one["request_id"] not in known])
    return as_they_stand(engine, requests)


def as_they_stand(engine: Engine, requests: Sequence[RequestRow]) -> list[RequestRow]:
    """Return the stored requests in the order in which the run names them."""
    ids = [request["request_id"] for request in requests]
    stored = {request["request_id"]: request for request in engine.store.requests(ids=ids)}
    return [stored[request_id] for request_id in ids if request_id in stored]


def waiting(requests: Sequence[RequestRow]) -> tuple[RequestRow, ...]:
    """Return the requests that no cycle has answered."""
    return tuple(request for request in requests if request["status"] == "waiting")


def _of_run(requests: Sequence[RequestRow], context: Mapping[str, Any]) -> list[RequestRow]:
    from leadsync.cycle.request.on_request import of_run

    return of_run(requests, owner_of(context["dag_run"]))
