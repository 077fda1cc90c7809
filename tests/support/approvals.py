"""An answer to the question of an approval task, as Airflow's UI records it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

from airflow.models.hitl import HITLDetail
from airflow.models.taskinstance import TaskInstance
from airflow.models.trigger import handle_event_submit
from airflow.triggers.base import TriggerEvent
from airflow.utils.session import create_session
from airflow.utils.state import TaskInstanceState
from sqlalchemy import select

LOOK_EVERY = 0.2


@contextmanager
def answering(option: str) -> Iterator[list[str]]:
    """Answer whatever is asked during the body with ``option``; yields what was asked."""
    asked: list[str] = []
    done = threading.Event()
    thread = threading.Thread(target=_answer_all, args=(option, asked, done))
    thread.start()
    try:
        yield asked
    finally:
        done.set()
        thread.join()


def _answer_all(option: str, asked: list[str], done: threading.Event) -> None:
    while not done.wait(LOOK_EVERY):
        with create_session() as session:
            waiting = select(HITLDetail, TaskInstance).where(
                HITLDetail.ti_id == TaskInstance.id,
                TaskInstance.state == TaskInstanceState.AWAITING_INPUT,
            )
            for detail, instance in session.execute(waiting).all():
                if detail.responded_at is None:
                    asked.append(f"{detail.subject}\n{detail.body}")
                _answer(detail, instance, option, session)


def _answer(detail: Any, instance: Any, option: str, session: Any) -> None:
    """Answer, once more where Airflow's test runner wrote its own older state over the answer."""
    detail.responded_by = {"id": "anna", "name": "anna"}
    detail.responded_at = datetime.now(UTC)
    detail.chosen_options, detail.params_input = [option], {}
    event = cast("Any", TriggerEvent)(detail.as_resume_event_payload())
    handle_event_submit(event, task_instance=instance, session=session)
