"""Tells each channel of an incident once, and once that it is over, whoever the worker is.

Incidents are remembered in leadsync's state store, keyed by DAG and subject. When the store itself
is down, Airflow's own memory has to do: an outage that began with the run before was told then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from leadsync.clock import SystemClock
from leadsync.errors import LeadsyncError

if TYPE_CHECKING:
    from leadsync.errors import ApiError
    from leadsync.state.incident_book import IncidentBook, IncidentRow
    from leadsync_airflow.alerts.alert import Alert
    from leadsync_airflow.alerts.channels import Channel

log = logging.getLogger(__name__)

RUN, LATE = "run", "late"


def task_subject(task_id: str) -> str:
    """Return the subject of a failing task's incident; the parts of a mapped task share it."""
    return f"task:{task_id}"


def system_subject(error: ApiError) -> str:
    """Return the subject of what fails in a system, such as ``system:marketo QuotaSpentError``."""
    return f"system:{error.system} {type(error).__name__}"


@contextmanager
def incident_book() -> Iterator[IncidentBook]:
    """Open the incidents of the state store.

    :raises ConfigurationError: the store cannot be reached, or its connection is wrong.
    """
    from leadsync.opened import open_state

    store = open_state()
    try:
        yield store.incidents
    finally:
        store.close()


def tell_once(
    channel: Channel,
    scope: str,
    subjects: Sequence[str],
    alert: Callable[[Sequence[str]], Alert],
    was_told: Callable[[], bool] = lambda: False,
) -> None:
    """Send one alert on those incidents that ``channel`` does not know of.

    What could not be sent is sent with the next failure.

    :param alert: makes the alert on the subjects that are new.
    :param was_told: asked instead of the state store while that is down.
    :raises Exception: what the channel raises.
    """
    try:
        with incident_book() as book:
            now = SystemClock().now()
            new = [one for one in subjects if book.claim_alert(scope, one, channel.name, now)]
    except LeadsyncError as error:
        log.warning("The state store cannot say whether %s is known: %s", subjects, error)
        if not was_told():
            channel.send(alert(subjects))
        return
    if not new:
        log.info("%s was told before, and is told again when it is over.", channel.name)
        return
    try:
        channel.send(alert(new))
    except BaseException:
        _take_back([(scope, subject) for subject in new], channel, told=False)
        raise


def tell_recoveries(
    channel: Channel, scope: str, alert: Callable[[Sequence[IncidentRow]], Alert]
) -> None:
    """Send one message on all incidents that are over and that ``channel`` believes to be open.

    :param alert: makes the message.
    :raises ConfigurationError: the state store cannot be reached.
    :raises Exception: what the channel raises; the message is sent with the next success.
    """
    with incident_book() as book:
        ended = book.claim_recoveries(scope, channel.name)
    if not ended:
        return
    try:
        channel.send(alert(ended))
    except BaseException:
        _take_back([(row["scope"], row["subject"]) for row in ended], channel, told=True)
        raise


def _take_back(keys: Sequence[tuple[str, str]], channel: Channel, *, told: bool) -> None:
    with incident_book() as book:
        for key in keys:
            book.mark_told(key, channel.name, told=told)
