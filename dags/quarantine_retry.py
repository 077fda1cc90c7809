"""Release quarantined rows and try them at once, in a cycle of their own.

| parameter | what |
|---|---|
| `ids` | items, as `leadsync quarantine list` names them |
| `direction`, `table`, `field`, `rule`, `source`, `person`, `row`, `text`, `since` | or a filter: items that wait and meet all of it |
| `approve_above` | a release of more rows than this first asks for approval |

A run that names nothing tries the rows that are released already. The last task's result and log
say what became of each row: `recovered`, `open` (it failed again, with the rules), `retried` (its
write waits for the next cycle), or `superseded` (its record went another way).

The question waits under *Required Actions*. Rejecting it, or no answer within four hours, releases
nothing. `LEADSYNC_APPROVERS` names who may answer. Clearing a task does not try twice what this run
has tried: trigger a new run for that. Runs take turns with `lead_sync`.
"""  # noqa: E501

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, get_current_context, task

from leadsync_airflow import approval, assets, params, retrying
from leadsync_airflow.alerts.callbacks import run_failure_callbacks
from leadsync_airflow.defaults import DAGRUN_TIMEOUT, TAGS, default_args

SUBJECT = "Release {{ ti.xcom_pull(task_ids='select_items')['items'] }} rows of the quarantine?"
BODY = """They are tried at once:
{% for cause in ti.xcom_pull(task_ids='select_items')['causes'] %}
- {{ cause }}
{%- endfor %}"""


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    dagrun_timeout=DAGRUN_TIMEOUT,
    default_args=default_args(),
    on_failure_callback=run_failure_callbacks(),
    doc_md=__doc__,
    tags=TAGS,
    params={
        "ids": params.items("Ids of quarantine items."),
        **params.item_filter(),
        "approve_above": Param(
            retrying.APPROVE_ABOVE,
            type="integer",
            minimum=0,
            description="Ask for approval when more rows than this would be released.",
        ),
    },
)
def quarantine_retry() -> None:
    """Choose, ask if it is much, and try."""

    @task(multiple_outputs=False)
    def select_items() -> dict[str, Any]:
        """Choose the rows, and fix the choice in staging."""
        return retrying.select_items(get_current_context())

    @task.branch
    def ask_if_many(selected: dict[str, Any]) -> str:
        """Go on to the question when there are many, else to the retry."""
        return retrying.next_task(selected)

    @task(
        multiple_outputs=False,
        trigger_rule="none_failed_min_one_success",
        inlets=assets.CYCLE_READ,
        outlets=assets.CYCLE_WRITTEN,
    )
    def retry_items(selected: dict[str, Any]) -> dict[str, Any]:
        """Release the rows, run cycles on them, and return what became of each."""
        return retrying.retry_items(get_current_context(), selected)

    question = approval.ask(
        retrying.APPROVE, subject=SUBJECT, body=BODY, doc_md="Wait for somebody's answer."
    )
    selected: Any = select_items()
    retried = retry_items(selected)
    ask_if_many(selected) >> [question, retried]
    question >> retried


quarantine_retry()
