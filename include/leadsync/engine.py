"""Builds an engine from settings and connections: the same for DAG tasks and the command line."""

from __future__ import annotations

import gc
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from leadsync.clock import SystemClock
from leadsync.cycle.context import Engine
from leadsync.data_docs.archive import open_archive
from leadsync.gx_project.team import load_team
from leadsync.mapping.load import load_mapping
from leadsync.opened import build_ledger, dynamics_client, marketo_client, open_state
from leadsync.settings import Settings, load_settings
from leadsync.staging.store import Staging
from leadsync.validation.gx import check_gx

#: Batches that one load stage has under way at a time; the clients bound their own calls as well.
BATCHES_AT_ONCE = 4

#: objects that may be made before Python looks for unreachable ones among the youngest.
COLLECT_AFTER = 100_000

T = TypeVar("T")
R = TypeVar("R")


def build_engine(*, holder: str = "", settings: Settings | None = None) -> Engine:
    """Return an engine on the configured systems, state store and staging.

    :param holder: who runs this; shown to whoever finds the lease taken.
    :raises ConfigurationError: a setting, connection or the mapping file is wrong.
    """
    collect_rarely()
    settings = settings or load_settings()
    clock = SystemClock()
    mapping = load_mapping(settings.mapping)
    store = open_state(settings)
    ledger = build_ledger(store, clock)
    return Engine(
        clock=clock,
        marketo=marketo_client(ledger, clock),
        dynamics=dynamics_client(ledger, clock),
        store=store,
        staging=Staging(settings.staging),
        ledger=ledger,
        mapping=mapping,
        settings=settings,
        check=check_gx,
        new_id=lambda: str(uuid.uuid4()),
        in_parallel=in_threads,
        holder=holder,
        archive=open_archive(settings),
        team=load_team(settings.gx),
    )


def collect_rarely() -> None:
    """Look for reference cycles seldom: a sync cycle keeps many objects alive, and makes no cycles.

    Python's default walks all of them again and again, for a tenth of the time of a large cycle.
    """
    gc.set_threshold(COLLECT_AFTER)


def in_threads(function: Callable[[T], R], items: Iterable[T]) -> Iterable[R]:
    """Apply ``function`` to several items at a time; results come in order.

    When one fails, those under way finish first and their results are handed out before the error.
    """
    with ThreadPoolExecutor(BATCHES_AT_ONCE) as pool:
        futures = [pool.submit(function, item) for item in items]
        failure: BaseException | None = None
        for future in futures:
            error = future.exception() if not future.cancelled() else None
            if error is None and not future.cancelled():
                yield future.result()
            elif failure is None and error is not None:
                failure = error
                for waiting in futures:
                    waiting.cancel()
        if failure is not None:
            raise failure


__all__ = ["build_engine", "build_ledger", "dynamics_client", "marketo_client", "open_state"]
