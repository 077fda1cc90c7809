"""Split the proposed writes by the rules of their target; keep refused ones from repeating."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from leadsync.cycle.carried import Unfinished
from leadsync.cycle.context import Engine
from leadsync.cycle.decide.decide import Proposal
from leadsync.cycle.decide.validation_results import tally
from leadsync.cycle.decide.warnings import warned
from leadsync.cycle.plan.team_rules import suspended_names
from leadsync.cycle.quarantine.quarantining import (
    fingerprint,
    from_validation,
    quarantined,
    refused_before,
)
from leadsync.cycle.reading import as_table
from leadsync.frames import cells_by_field
from leadsync.mapping.plan import SyncPlan
from leadsync.model import Json, System
from leadsync.state.port import QuarantineRow, Values
from leadsync.validation.generate import rules_for
from leadsync.validation.model import Failure, Operation, Split
from leadsync.validation.split import broken_rules, settled
from leadsync.validation.team_check import TeamBatch
from leadsync.values.marks import ABSENT


@dataclass(slots=True)
class Checked:
    """Proposals after the rules have spoken.

    :param held_fields: fields taken out of accepted records, as ``(record_key, field)``.
    :param warnings: failures that held nothing back, as ``WARNINGS`` records.
    :param tallies: how many records broke which rule, by table and operation.
    """

    accepted: list[Proposal] = field(default_factory=list)
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    held_fields: set[tuple[str, str]] = field(default_factory=set)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    tallies: list[Json] = field(default_factory=list)


def check_proposals(
    engine: Engine,
    plan: SyncPlan,
    target: System,
    proposals: Sequence[Proposal],
    pending: Unfinished,
) -> Checked:
    """Return what may be written to ``target`` and what is held, with every reason."""
    checked = Checked()
    if not proposals:
        return checked
    groups: dict[tuple[str, Operation], list[Proposal]] = defaultdict(list)
    for proposal in proposals:
        operation: Operation = "create" if proposal.record["operation"] == "create" else "update"
        groups[(proposal.record["table"], operation)].append(proposal)
    suspended = suspended_names(engine, plan)
    for (table, operation), members in groups.items():
        rules = rules_for(plan, as_table(table), target, operation)
        table_plan = plan.tables[as_table(table)]
        names = [f.name for f in table_plan.fields]
        cells = cells_by_field(names, [member.values for member in members])
        batch = TeamBatch(
            table_plan, target, operation, cells, partial(_standing, members), suspended
        )
        failures = broken_rules(cells, rules, engine.check, engine.team.check(batch))
        checked.tallies.append(tally(target, table, operation, len(members), failures))
        _sort(members, settled(failures), checked)
    _hold_refused(plan, pending, checked)
    return checked


def _standing(proposals: Sequence[Proposal]) -> list[Values]:
    return [proposal.standing() for proposal in proposals]


def _sort(proposals: Sequence[Proposal], result: Split, checked: Checked) -> None:
    whole = _by_position(result.held_records)
    for position, failures in whole.items():
        proposal = proposals[position]
        checked.quarantined.append(
            quarantined(proposal.record, proposal.values, from_validation(failures))
        )
    for failure in result.held_fields:
        proposal = proposals[failure.position]
        name = failure.rule.field
        held = {name: proposal.values.get(name)}
        checked.held_fields.add((proposal.record["record_key"], name))
        checked.quarantined.append(
            quarantined(proposal.record, held, from_validation([failure]), field=name)
        )
    for failure in result.warnings:
        proposal, name = proposals[failure.position], failure.rule.field
        written = result.mended.get(failure.position, {}).get(name, failure.cell)
        checked.warnings.append(warned(proposal, failure, written))
    checked.accepted.extend(
        _mended(proposal, result.mended.get(position))
        for position, proposal in enumerate(proposals)
        if position not in whole
    )


def _mended(proposal: Proposal, cells: Mapping[str, str] | None) -> Proposal:
    """Return the proposal with new cells in the place of fields that were held, cut or filled."""
    if not cells:
        return proposal
    values: Values = {**proposal.values, **cells}
    kept = {name: cell for name, cell in values.items() if cell != ABSENT}
    return Proposal(proposal.record, kept)


def _by_position(failures: Sequence[Failure]) -> dict[int, list[Failure]]:
    grouped: dict[int, list[Failure]] = defaultdict(list)
    for failure in failures:
        grouped[failure.position].append(failure)
    return grouped


def _hold_refused(plan: SyncPlan, pending: Unfinished, checked: Checked) -> None:
    kept = []
    for proposal in checked.accepted:
        asked_for = proposal.record["operation"] == "create" and proposal.record["marketo_id"]
        held = pending.quarantine.get(proposal.record["record_key"], [])
        items = [] if asked_for else held  # rows are only made when somebody asks for it
        item = _refused(proposal, items, plan) if items else None
        if item is None:
            kept.append(proposal)
        else:
            checked.quarantined.append(
                quarantined(proposal.record, proposal.values, item["failures"])
            )
    checked.accepted = kept


def _refused(
    proposal: Proposal, items: Sequence[QuarantineRow], plan: SyncPlan
) -> QuarantineRow | None:
    """Return the item that holds the very same write under the same rules, if there is one."""
    print_of_write = fingerprint(proposal.record["operation"], proposal.values)
    return refused_before(items, print_of_write, plan.rules_hash)
