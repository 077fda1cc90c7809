"""Opt-outs travel first, and nothing of their record holds them back (semantics.md 6, S109).

A stop is a ``true`` in a field with the rule ``most_restrictive``. It goes out in the first
batches. When the rest of its record fails validation, or the server refuses it, the stop is written
alone, under the record's key with a suffix; the record itself stays in quarantine.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from leadsync.cycle.consent.restrictive import restrictive_fields
from leadsync.cycle.consent.shared_address import OPT_OUT
from leadsync.cycle.decide.check import Checked
from leadsync.cycle.decide.claimed import CONSENT_SUFFIX
from leadsync.cycle.decide.decide import Proposal
from leadsync.cycle.load.loading import Loader, Write, intent_id
from leadsync.cycle.reading import as_table
from leadsync.mapping.plan import SyncPlan
from leadsync.model import Json
from leadsync.state.port import Values

STOP = "true"


def let_stops_through(plan: SyncPlan, proposals: Iterable[Proposal], checked: Checked) -> None:
    """Accept the stops of records that validation holds whole, unless a stop itself failed."""
    fields = restrictive_fields(plan)
    held: dict[str, set[str]] = {}
    for item in checked.quarantined:
        if item["item_key"] == item["record_key"]:
            failures: list[Json] = json.loads(item["failures"])
            held[item["record_key"]] = {failure["field"] for failure in failures}
    for proposal in proposals if held else ():
        record = proposal.record
        if record["record_key"] not in held or record["operation"] == "create":
            continue
        failed = _failed(plan, record["table"], held[record["record_key"]])
        stops = _stops(proposal.values, fields - failed)
        if not stops:
            continue
        linking = record["operation"] == "link" and record["record_key"].startswith("to_marketo")
        alone = _alone(record, OPT_OUT if linking else record["operation"])
        checked.accepted.append(Proposal(alone, stops))


def stopping(write: Write, fields: Collection[str]) -> bool:
    """Tell whether the write stops something in one of the restrictive ``fields``."""
    return bool(_stops(write.values, fields))


def run_in_lanes(loader: Loader, writes: Sequence[Write], fields: Collection[str]) -> None:
    """Send the stops' batches before all others, and refused stops once more without the rest.

    The last batch of stops is filled up with other writes, so that the lane costs no call. Batches
    of plain updates alone are left to the next cycle when this one's time is over.
    """
    ordered = sorted(
        writes,
        key=lambda w: (not _stops(w.values, fields), w.operation == "update", w.key),
    )
    stops = sum(bool(_stops(write.values, fields)) for write in ordered)
    first = math.ceil(stops / loader.size) * loader.size
    before = len(loader.results.refused_writes)
    loader.run(ordered[:first])
    loader.patient = True
    loader.run(ordered[first:])
    loader.patient = False
    refused = loader.results.refused_writes[before:]
    loader.run(_stops_alone(loader, refused, fields))


def before_creates(
    updates: Sequence[Write], creates: Sequence[Write], stops: Collection[str], size: int
) -> tuple[Sequence[Write], Sequence[Write]]:
    """Part the updates by whether they go before new records or after them (S119).

    New records need not wait for many plain updates; what stops mailings, or may free a record for
    another one, goes before them. A batch or less goes first as a whole, to fill its call.
    """
    bulk = [w for w in updates if w.operation == "update" and not stopping(w, stops)]
    if not creates or len(bulk) <= size:
        return updates, ()
    return [w for w in updates if w.operation != "update" or stopping(w, stops)], bulk


def _stops_alone(loader: Loader, refused: Iterable[Write], fields: Collection[str]) -> list[Write]:
    """Return the stops of refused updates as writes of their own."""
    found = []
    for write in refused:
        stops = _stops(write.values, fields)
        if stops and len(stops) < len(write.values) and write.operation == "update":
            record = _alone(write.record, write.operation)
            found.append(
                replace(
                    write,
                    record=record,
                    values=stops,
                    intent_id=intent_id(loader.cycle, loader.side, record, stops),
                )
            )
    return found


def _failed(plan: SyncPlan, table: str, names: Collection[str]) -> set[str]:
    """Return the fields that failures name, by field or column."""
    fields = plan.tables[as_table(table)].fields
    return {field.name for field in fields if {field.name, field.column.name} & set(names)}


def _stops(values: Values, fields: Collection[str]) -> Values:
    return {name: value for name, value in values.items() if value == STOP and name in fields}


def _alone(record: Mapping[str, object], operation: str) -> Json:
    key = f"{record['record_key']}{CONSENT_SUFFIX}"
    return {**record, "record_key": key, "operation": operation}
