"""Find or make the rows of persons that are to be in Dynamics (semantics.md 4, S011 to S031)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from leadsync.cycle.carried import person_key
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.match.match_rows import closed_now, new_link
from leadsync.cycle.match.row_creations import Beside, RowCreation, born_values, filled_of
from leadsync.cycle.reading import (
    as_table,
    person_values,
    read_persons,
    read_rows,
    row_columns,
    row_record,
    row_values,
)
from leadsync.cycle.work import Held, Work
from leadsync.mapping.plan import SyncPlan
from leadsync.merge.matching_persons import FoundRow, RowVerdict, Seeker, match_persons
from leadsync.merge.pairs import Pair
from leadsync.model import DYNAMICS_MARKETO_ID, Json, Table
from leadsync.state.port import LIVE, FailureItem, IntentRow, LinkRow, Values

ACTIVE = "0"
Person = tuple[Json, Values]


@dataclass(slots=True)
class Candidates:
    """What Dynamics holds that may belong to the persons, by row id.

    :param links: links of any status that the rows have or had.
    :param sent: creates of unknown outcome by person, whose ids are used again.
    """

    raw: dict[str, tuple[Table, Json]] = field(default_factory=dict)
    links: list[LinkRow] = field(default_factory=list)
    sent: dict[int, IntentRow] = field(default_factory=dict)

    def found(self, plan: SyncPlan) -> list[FoundRow]:
        """Return the rows as the matching looks at them."""
        return [
            _found(row_record(plan.tables[table], row, "changed", "requested"))
            for table, row in self.raw.values()
        ]

    def hold_id_of(self, marketo_id: int, table: Table) -> bool:
        """Tell whether a row that is not matched, such as a closed one, has the person's id.

        That column is an alternate key: a second row of the table cannot have the id.
        """
        return any(
            row_table == table and row.get(DYNAMICS_MARKETO_ID) == marketo_id
            for row_table, row in self.raw.values()
        )

    def former_link(self, marketo_id: int, dynamics_id: str, etag: str | None) -> LinkRow | None:
        """Return the link that ended when the row was deleted, open again (S080)."""
        for link in self.links:
            same = (link["marketo_id"], link["dynamics_id"]) == (marketo_id, dynamics_id)
            if same and link["status"] == "dynamics_deleted":
                return {**link, "status": "open", "etag": etag}
        return None


@dataclass(frozen=True, slots=True)
class PersonMatcher:
    """Sorts persons without a link into new pairs, rows to create and held persons of ``work``."""

    engine: Engine
    cycle: Cycle
    plan: SyncPlan
    work: Work
    candidates: Candidates

    def sort(self, persons: Sequence[Person]) -> dict[int, RowVerdict]:
        """Return what was decided, by Marketo id."""
        seekers = [_seeker(self.plan, person, self.candidates) for person, _ in persons]
        taken = _taken(self.candidates, self.work)
        verdicts = match_persons(seekers, self.candidates.found(self.plan), taken)
        elsewhere = _read_elsewhere(self.engine, self.plan, persons, verdicts)
        for person, values in persons:
            verdict = verdicts[person["marketo_id"]]
            if verdict.row is not None:
                self._link(person, elsewhere.get(person["marketo_id"], values), verdict.row)
            elif verdict.kind == "create":
                self._create(person, values)
            else:
                _hold((person, values), verdict, self.work)
        return verdicts

    def _link(self, person: Json, values: Values, row: FoundRow) -> None:
        marketo_id, row_id = person["marketo_id"], row.dynamics_id
        table = self.plan.tables[row.table]
        raw = self.candidates.raw[row_id][1]
        record = row_record(table, raw, "changed", "requested")
        former = self.candidates.former_link(marketo_id, row_id, record["etag"])
        pair = Pair(
            former or new_link(self.engine, self.cycle, record, marketo_id),
            marketo=values,
            dynamics=row_values(table, raw),
            is_new=former is None,
            restored=former is not None,
            matched_by_name=True,
            person_extracted=True,
            row_extracted=True,
            created_on=record["created_on"],
        )
        sent = self.candidates.sent.get(marketo_id)
        if former is None and sent is not None and sent["dynamics_id"] == row_id:
            pair.base = born_values(table, sent["body"]["values"], filled_of(sent))
        self.work.pairs[pair.link["link_id"]] = pair
        self.work.held = [held for held in self.work.held if held.record["dynamics_id"] != row_id]

    def _create(self, person: Json, values: Values) -> None:
        marketo_id = person["marketo_id"]
        table = self.plan.tables[as_table(person["wanted_table"])]
        sent = self.candidates.sent.get(marketo_id)
        again = sent is not None and sent["dynamics_table"] == table.table
        creation = RowCreation(
            person=marketo_id,
            table=table,
            dynamics_id=str(sent["dynamics_id"]) if sent and again else self.engine.new_id(),
            link_id=self.engine.new_id(),
            values=values,
            beside=Beside(carries_id=not self.candidates.hold_id_of(marketo_id, table.table)),
        )
        self.work.row_creations[marketo_id] = creation
        key = person_key(marketo_id)
        self.work.settle(key, "to_dynamics", creation.record(), "writing")


def rows_of_persons(
    engine: Engine, cycle: Cycle, plan: SyncPlan, persons: Sequence[Person], work: Work
) -> dict[int, RowVerdict]:
    """Match persons without a link; returns what was decided, by Marketo id."""
    if not persons:
        return {}
    candidates = _candidates(engine, plan, persons)
    return PersonMatcher(engine, cycle, plan, work, candidates).sort(persons)


# ---------------------------------------------------------------- looking


def _candidates(engine: Engine, plan: SyncPlan, persons: Sequence[Person]) -> Candidates:
    ids = [person["marketo_id"] for person, _ in persons]
    emails = sorted({p["email_key"] for p, _ in persons if p["email_key"]})
    by_email = emails if plan.policies.match_before_create == "email" else []
    found = Candidates()
    intents = engine.store.unconfirmed_creates(ids)
    own = {p["own_id"] for p, _ in persons if p["own_id"]}
    for table in plan.tables.values():
        columns = row_columns(table)
        sent = {i["dynamics_id"] for i in intents if i["dynamics_table"] == table.table}
        rows = list(read_rows(engine, table, {i for i in own | sent if i}).values())
        carried = [str(person) for person in ids]
        rows += engine.dynamics.rows_by(table.table, DYNAMICS_MARKETO_ID, carried, columns)
        if by_email:
            rows += engine.dynamics.rows_by_email(table.table, by_email, columns)
        by_id = {str(row[table.schema.primary_id]).lower(): row for row in rows}
        found.raw.update({row_id: (table.table, row) for row_id, row in by_id.items()})
        known = engine.store.links_of_rows(table.table, sorted({*by_id, *(i for i in sent if i)}))
        found.links.extend(known)
    used = {link["dynamics_id"] for link in found.links}
    for intent in intents:
        if intent["dynamics_id"] not in used and intent["marketo_id"] is not None:
            found.sent[intent["marketo_id"]] = intent
    return found


def _found(record: Json) -> FoundRow:
    carried = record["person_id"]
    return FoundRow(
        table=as_table(record["table"]),
        dynamics_id=record["dynamics_id"],
        email_key=record["email_key"],
        person_id=int(carried) if carried else None,
        is_active=record["state_code"] in (None, ACTIVE) and not record["master_id"],
        in_scope=record["sync_flag"] != "false",
    )


def _seeker(plan: SyncPlan, person: Json, candidates: Candidates) -> Seeker:
    marketo_id = person["marketo_id"]
    sent = candidates.sent.get(marketo_id)
    ids = {person["own_id"], sent["dynamics_id"] if sent else None}
    matches = plan.policies.match_before_create == "email"
    email = person["email_key"] if matches else None
    return Seeker(marketo_id, email, frozenset(row_id for row_id in ids if row_id))


def _taken(candidates: Candidates, work: Work) -> dict[str, int]:
    """Return whose row each found row is; one that becomes a new person belongs to nobody yet."""
    closed = closed_now(work)
    taken = {
        link["dynamics_id"]: link["marketo_id"]
        for link in candidates.links
        if link["status"] in LIVE and link["link_id"] not in closed
    }
    for pair in work.pairs.values():
        taken[pair.link["dynamics_id"]] = pair.link["marketo_id"]
    for creation in work.creations:
        taken[creation.record["dynamics_id"]] = 0
    return taken


def _read_elsewhere(
    engine: Engine,
    plan: SyncPlan,
    persons: Sequence[Person],
    verdicts: Mapping[int, RowVerdict],
) -> dict[int, Values]:
    """Return values in the fields of the matched row's table, where another one was wanted."""
    tables = {
        person["marketo_id"]: verdict.row.table
        for person, _ in persons
        if (verdict := verdicts[person["marketo_id"]]).row is not None
        and verdict.row.table != person["wanted_table"]
    }
    found = read_persons(engine, plan, sorted(tables))
    return {i: person_values(plan.tables[tables[i]], raw) for i, raw in found.items()}


def _hold(person: Person, verdict: RowVerdict, work: Work) -> None:
    record, values = person
    failure = _failure(record, verdict)
    place = {"table": record["wanted_table"], "marketo_id": record["marketo_id"]}
    held = {**place, "dynamics_id": None}
    work.held.append(Held(held, values, failure, direction="to_dynamics"))
    work.settle(
        person_key(record["marketo_id"]), "to_dynamics", held, "quarantined", failure["message"]
    )


def _failure(person: Json, verdict: RowVerdict) -> FailureItem:
    shown = ", ".join(f"{row.table} {row.dynamics_id}" for row in verdict.others)
    if verdict.kind == "ambiguous":
        rule = "ambiguous_match"
        message = f"several records have this e-mail: {shown}; merge them in Dynamics"
    elif verdict.kind == "excluded":
        rule = "out_of_scope"
        message = f"{shown} has this e-mail, and its sync filter says No; set it to Yes"
    else:
        rule = "already_linked"
        other = f"person {verdict.other_person}" if verdict.other_person else "a new person"
        held = f"{shown}, linked to {other}" if shown else f"the record of {other}"
        message = f"the e-mail belongs to {held}; merge the persons in Marketo"
    return FailureItem(
        field="emailaddress1",
        rule=rule,
        value=person["email_key"],
        limit=shown or str(verdict.other_person),
        message=f"{message} or correct the e-mail, then ask for the person again",
        source="validation",
    )
