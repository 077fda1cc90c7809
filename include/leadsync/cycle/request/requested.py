"""Decide what a cycle's requests come to, person by person (semantics.md 4, S011 to S031)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from leadsync.cycle.carried import Unfinished, person_key, row_key
from leadsync.cycle.consent.marks import marked
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.gather.admission import ERASED
from leadsync.cycle.gather.window import Links, Window
from leadsync.cycle.match.match_accounts import match_accounts
from leadsync.cycle.match.match_persons import Person, rows_of_persons
from leadsync.cycle.match.owners import Owner, Owners, read_owners
from leadsync.cycle.match.row_creations import (
    OWNER,
    Assignment,
    Beside,
    Qualification,
    assign_key,
    qualify_key,
)
from leadsync.cycle.request.answers import Answer, Outcome
from leadsync.cycle.request.requests import Asked
from leadsync.cycle.work import Work
from leadsync.mapping.plan import SyncPlan
from leadsync.merge.matching_persons import RowVerdict
from leadsync.model import Json
from leadsync.state.port import LinkRow, QuarantineRow, RequestRow

#: events of persons that do not exist any more.
_GONE = ("deleted", "merged")
#: outcomes by what the matching found.
_HELD: dict[str, Outcome] = {
    "ambiguous": "ambiguous",
    "taken": "quarantined",
    "excluded": "quarantined",
}


@dataclass(slots=True)
class Requested:
    """Works through the requests of one cycle; one instance per cycle.

    :param links: live links as the window leaves them.
    """

    engine: Engine
    cycle: Cycle
    plan: SyncPlan
    asked: Asked
    window: Window
    links: Links
    pending: Unfinished
    work: Work
    owners: Owners = field(init=False)
    erased: set[str] = field(default_factory=set)
    verdicts: dict[int, RowVerdict] = field(default_factory=dict)
    persons: dict[int, Json] = field(init=False)
    _served: set[int] = field(default_factory=set)

    def run(self) -> list[Answer]:
        """Add what the requests want to ``work`` and return their answers."""
        self.persons = {person["marketo_id"]: person for person, _ in self.window.persons}
        self.owners = read_owners(self.engine, self.plan, self._owner_names())
        emails = (person["email_key"] for person, _ in self.window.persons if _wanted(person))
        self.erased = marked(self.engine, "erased", emails)
        wanted = [one for one in self.window.persons if self._becomes_row(one[0])]
        self.verdicts = rows_of_persons(self.engine, self.cycle, self.plan, wanted, self.work)
        self._complete_creations(wanted)
        self._assign_again()
        answers = [self._answer(request) for request in self.asked.requests]
        self._settle_others()
        return [answer for answer in answers if answer is not None]

    def _settle_others(self) -> None:
        """Settle persons that do not become rows, or were linked from the other side."""
        for person in (person for person, _ in self.window.persons if _wanted(person)):
            marketo_id = person["marketo_id"]
            key = person_key(marketo_id)
            pair = self.work.pair_of(marketo_id)
            if pair is not None:
                pair.person_extracted = True
            elif key not in self.work.outcomes:
                self.work.settle(key, "to_dynamics", person, "out_of_scope", "cannot become a row")

    # ------------------------------------------------------------ creating

    def _owner_names(self) -> set[str]:
        names = {request["assign_to"] for request in self.asked.requests}
        names |= {self._assign_to(p["marketo_id"]) for p, _ in self.window.persons if _wanted(p)}
        names |= {item["row"].get(OWNER) for item in self._failed_assignments()}
        return {name for name in names if name}

    def _assign_to(self, person: int) -> str | None:
        """Return the owner that a new row of the person is to have, as it was asked for."""
        for request in self.asked.of_person(person):
            if request["action"] == "sync_person":
                return request["assign_to"]
        failed = self.pending.failed_creation(person)
        return failed["row"].get(OWNER) if failed else None

    def _becomes_row(self, person: Json) -> bool:
        """Tell whether a person without a link is to be matched, and created if nothing matches."""
        if not _wanted(person) or self._link(person["marketo_id"]) is not None:
            return False
        name = self._assign_to(person["marketo_id"])
        owner = self.owners.find(name) if name is not None else Owner(None)
        known_owner = owner is not None and not owner.refused
        known_table = person["wanted_table"] in self.plan.tables
        return known_owner and known_table and person["email_key"] not in self.erased

    def _link(self, person: int) -> LinkRow | None:
        """Return the person's link, stored or found in this cycle."""
        stored = self.links.by_person.get(person)
        pair = self.work.pair_of(person)
        return stored or (pair.link if pair else None)

    def _complete_creations(self, wanted: list[Person]) -> None:
        contacts = {
            person["marketo_id"]: (person["email_key"], values.get("website"))
            for person, values in wanted
            if person["marketo_id"] in self.work.row_creations
            and person["wanted_table"] == "contact"
        }
        accounts = match_accounts(self.engine, self.plan, contacts)
        for person, creation in self.work.row_creations.items():
            name = self._assign_to(person)
            owner = (self.owners.find(name) if name else None) or Owner(None)
            creation.beside = replace(
                creation.beside,
                owner_id=owner.user_id,
                account_id=accounts.get(person),
                assign_to=name,
                warning=owner.warning,
            )
        for held in self.work.held:
            if held.direction == "to_dynamics":
                name = self._assign_to(held.record["marketo_id"])
                held.record["beside"] = Beside(assign_to=name).text()

    def _failed_assignments(self) -> list[QuarantineRow]:
        """Return items of owners that could not be set, and are worth another try."""
        due = self.pending.due_items(self.plan)
        return [item for item in due if item["operation"] == "assign"]

    def _assign_again(self) -> None:
        for item in self._failed_assignments():
            link = self._link(item["marketo_id"] or 0)
            name = item["row"].get(OWNER) or ""
            owner = self.owners.find(name)
            if link is not None and link["status"] == "open" and owner and owner.user_id:
                self.work.assignments[link["link_id"]] = Assignment(link, owner.user_id, name)

    # ------------------------------------------------------------ answering

    def _answer(self, request: RequestRow) -> Answer | None:
        if request["action"] == "sync_now":
            return self._forced(request)
        person = self.persons.get(request["marketo_id"] or 0)
        if person is None:
            return None
        if person["event"] in _GONE:
            return Answer(request["request_id"], "missing", _gone(person))
        if person["email_key"] in self.erased:
            return Answer(request["request_id"], "refused", ERASED)
        name = request["assign_to"]
        owner = self.owners.find(name) if name is not None else Owner(None)
        if owner is None:
            message = f"there is no Dynamics user {name}; give an id, user name or e-mail address"
            return Answer(request["request_id"], "refused", message)
        if owner.refused and self._link(person["marketo_id"]) is None:
            return Answer(request["request_id"], "refused", owner.warning)
        if (request["sync_as"] or "lead") not in self.plan.tables:
            message = f"the mapping has no field of a {request['sync_as'] or 'lead'}"
            return Answer(request["request_id"], "refused", message)
        if request["action"] == "change_owner":
            return self._owner_changed(request)
        return self._person_synced(request)

    def _person_synced(self, request: RequestRow) -> Answer | None:
        """Answer a Sync Person request."""
        marketo_id, request_id = request["marketo_id"] or 0, request["request_id"]
        verdict = self.verdicts.get(marketo_id)
        link = self._link(marketo_id)
        first = marketo_id not in self._served
        self._served.add(marketo_id)
        if verdict is not None and not first:
            made = link is not None or marketo_id in self.work.row_creations
            outcome: Outcome = "already_linked" if made else _HELD.get(verdict.kind, "quarantined")
            return Answer(request_id, outcome, keys=(person_key(marketo_id),))
        if verdict is not None:
            return self._matched(request, verdict)
        pair = self.work.pair_of(marketo_id)
        if pair is not None and pair.is_new:
            place = row_key(pair.link["dynamics_table"], pair.link["dynamics_id"])
            return Answer(request_id, "linked", keys=(person_key(marketo_id), place))
        return self._linked_already(request, link) if link is not None else None

    def _matched(self, request: RequestRow, verdict: RowVerdict) -> Answer:
        marketo_id, request_id = request["marketo_id"] or 0, request["request_id"]
        key = person_key(marketo_id)
        remarks = _remarks(verdict)
        if verdict.row is not None:
            place = f"{verdict.row.table} {verdict.row.dynamics_id}"
            keys = (key, row_key(verdict.row.table, verdict.row.dynamics_id))
            message = "; ".join([f"linked to the existing {place}", *remarks])
            return Answer(request_id, "linked", message, keys)
        creation = self.work.row_creations.get(marketo_id)
        if creation is None:
            return Answer(request_id, _HELD[verdict.kind], self.work.outcomes[key]["reason"])
        warning = [creation.beside.warning] if creation.beside.warning else []
        place = f"{creation.table.table} {creation.dynamics_id}"
        message = "; ".join([f"created {place}", *warning, *remarks])
        return Answer(request_id, "created", message, (key,))

    def _linked_already(self, request: RequestRow, link: LinkRow) -> Answer:
        request_id, place = request["request_id"], f"{link['dynamics_table']} {link['dynamics_id']}"
        wanted = request["sync_as"] or "lead"
        if wanted == link["dynamics_table"]:
            return Answer(request_id, "already_linked", f"linked to {place}; nothing was done")
        if wanted == "lead":
            message = f"the person is linked to {place}; no lead is made beside it"
            return Answer(request_id, "refused", message)
        if self.plan.policies.contact_for_lead == "refuse" or link["status"] != "open":
            message = f"the person is linked to {place}; qualify that lead to make it a contact"
            return Answer(request_id, "refused", message)
        qualification = Qualification(link)
        self.work.qualifications[link["link_id"]] = qualification
        message = f"{place} was qualified; its contact follows with the next cycle"
        return Answer(request_id, "created", message, (qualify_key(link["marketo_id"]),))

    def _owner_changed(self, request: RequestRow) -> Answer | None:
        """Assign a row, after it was made where there is none (S031)."""
        marketo_id, request_id = request["marketo_id"] or 0, request["request_id"]
        name = request["assign_to"] or ""
        owner = self.owners.find(name)
        if owner is None:
            return Answer(request_id, "refused", "the request names no user to assign to")
        creation = self.work.row_creations.get(marketo_id)
        link = creation.link(self.cycle) if creation else self._link(marketo_id)
        verdict = self.verdicts.get(marketo_id)
        if link is None:
            return self._matched(request, verdict) if verdict else None
        if link["status"] != "open":
            return Answer(request_id, "refused", "the sync filter keeps the record out")
        if owner.user_id is None:
            return Answer(request_id, "refused", owner.warning)
        self.work.assignments[link["link_id"]] = Assignment(link, owner.user_id, name)
        keys = (person_key(marketo_id), assign_key(marketo_id))
        place = f"{link['dynamics_table']} {link['dynamics_id']}"
        message = "; ".join(filter(None, [f"assigned {place} to {name}", owner.warning]))
        return Answer(request_id, "assigned", message, keys if creation else keys[1:])

    def _forced(self, request: RequestRow) -> Answer | None:
        """Answer a request to synchronise a named person or row now (S013)."""
        request_id, marketo_id = request["request_id"], request["marketo_id"]
        if marketo_id is None:
            return self._forced_row(request)
        link = self._link(marketo_id)
        if link is not None:
            row = row_key(link["dynamics_table"], link["dynamics_id"])
            return Answer(request_id, "synced", keys=(person_key(marketo_id), row))
        person = self.persons.get(marketo_id)
        if person is None:
            return None
        if person["event"] in _GONE:
            return Answer(request_id, "missing", _gone(person))
        message = f"person {marketo_id} has no Dynamics record; sync-person makes or finds one"
        return Answer(request_id, "refused", message)

    def _forced_row(self, request: RequestRow) -> Answer | None:
        request_id, row_id = request["request_id"], request["dynamics_id"]
        table = request["dynamics_table"]
        row = next(
            (r for r, _ in self.window.rows if (r["table"], r["dynamics_id"]) == (table, row_id)),
            None,
        )
        if row is None:
            message = f"the mapping has no field of a {table}"
            return Answer(request_id, "refused", message) if table not in self.plan.tables else None
        if row["event"] == "deleted":
            return Answer(request_id, "missing", f"there is no {table} {row_id} in Dynamics")
        key = row_key(row["table"], row["dynamics_id"])
        pairs = self.work.pairs.values()
        pair = next((pair for pair in pairs if pair.link["dynamics_id"] == row_id), None)
        if pair is not None:
            keys = (person_key(pair.link["marketo_id"]), key)
            return Answer(request_id, "linked" if pair.is_new else "synced", keys=keys)
        creates = any(c.record["dynamics_id"] == row_id for c in self.work.creations)
        return Answer(request_id, "created" if creates else "synced", keys=(key,))


def _gone(person: Json) -> str:
    """Say why there is no such person, and whom to ask for instead."""
    marketo_id, survivor = person["marketo_id"], person["merged_into"]
    if survivor is not None:
        return f"person {marketo_id} was merged into person {survivor}; ask for that one"
    return f"there is no person {marketo_id} in Marketo"


def _wanted(person: Json) -> bool:
    return bool(person["event"] == "wanted")


def _remarks(verdict: RowVerdict) -> list[str]:
    """Return what was found beside the match (S023, S024)."""
    duplicates = [f"possible duplicate: {r.table} {r.dynamics_id}" for r in verdict.duplicates]
    inactive = [
        f"not matched because it is inactive: {r.table} {r.dynamics_id}" for r in verdict.inactive
    ]
    return duplicates + inactive
