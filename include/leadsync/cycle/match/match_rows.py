"""Find the persons of rows that have no link yet: read candidates from Marketo, match, sort."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from leadsync.cycle.carried import row_key
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.gather.inactive_rows import status_of
from leadsync.cycle.initial.snapshot import PersonSearch, read_snapshot
from leadsync.cycle.match.row_creations import born_values, filled_of, person_born_with
from leadsync.cycle.reading import as_table, person_values
from leadsync.cycle.work import Creation, Held, Work
from leadsync.mapping.plan import SyncPlan
from leadsync.merge.matching import Candidate, Verdict, match
from leadsync.merge.pairs import Pair
from leadsync.model import MARKETO_DYNAMICS_ID, TABLES, Json
from leadsync.state.port import LIVE, FailureItem, IntentRow, LinkRow, Values

Row = tuple[Json, Values]
WITHOUT_EMAIL = "it has no e-mail address, which require_email asks for"


def match_rows(
    engine: Engine, cycle: Cycle, plan: SyncPlan, rows: Sequence[Row], work: Work
) -> None:
    """Sort ``rows`` into new pairs, creations and held rows of ``work``."""
    if not rows:
        return
    intents = _unconfirmed(engine, rows)
    former = _former_links(engine, rows)
    candidates = [_candidate(row) for row, _ in rows]
    snapshot = read_snapshot(engine, cycle)
    persons = _find_persons(PersonSearch(engine, plan, snapshot), candidates, intents, former)
    linked = dict(snapshot.taken) | {
        link["marketo_id"]: link["dynamics_id"]
        for link in engine.store.links_of_persons([int(person["id"]) for person in persons])
        if link["status"] in LIVE and link["link_id"] not in closed_now(work)
    }
    linked |= {  # persons whose links this cycle moves (S100)
        link["marketo_id"]: link["dynamics_id"]
        for link in work.links.values()
        if link["status"] in LIVE
    }
    policies = plan.policies
    shares_email = policies.on_email_taken == "create"
    verdicts = match(candidates, persons, linked, shares_email=shares_email)
    for row, values in rows:
        verdict = verdicts[row["dynamics_id"]]
        key = row_key(row["table"], row["dynamics_id"])
        if verdict.kind == "link" and verdict.person is not None:
            before = former.get((int(verdict.person["id"]), row["dynamics_id"]))
            link = before or new_link(engine, cycle, row, int(verdict.person["id"]))
            pair = _new_pair(plan, link, (row, values), verdict.person)
            pair.is_new, pair.restored = before is None, before is not None
            pair.person_extracted = int(verdict.person["id"]) in snapshot.persons
            for intent in intents.get(row["dynamics_id"], ()) if before is None else ():
                pair.base |= _sent(plan, intent, verdict.person)
            work.pairs[pair.link["link_id"]] = pair
        elif verdict.kind == "create" and policies.require_email and row["email_key"] is None:
            work.settle(key, "to_marketo", row, "out_of_scope", WITHOUT_EMAIL)
        elif verdict.kind == "create":
            work.creations.append(Creation(row, values, engine.new_id()))
            work.settle(key, "to_marketo", row, "writing")
        else:
            failure = _failure(row, verdict)
            work.held.append(Held(row, values, failure))
            work.settle(key, "to_marketo", row, "quarantined", failure["message"])


def closed_now(work: Work) -> set[str]:
    """Return the links that this cycle closes."""
    closed = {link_id for link_id, link in work.links.items() if link["status"] not in LIVE}
    return closed | {removal.link["link_id"] for removal in work.removals}


def _unconfirmed(engine: Engine, rows: Sequence[Row]) -> dict[str, list[IntentRow]]:
    """Return creates and links of earlier cycles whose answer never arrived, by Dynamics id.

    What they sent, oldest first, is the base of the person that they made or stamped: a later try
    tells only what it changed (semantics.md 4).
    """
    found: dict[str, list[IntentRow]] = {}
    intents = engine.store.unconfirmed_pairs([row["dynamics_id"] for row, _ in rows])
    for intent in sorted(intents, key=lambda intent: intent["updated_at"]):
        if intent["dynamics_id"] is None:
            continue
        if intent["side"] == "marketo" or intent["operation"] == "create":
            found.setdefault(intent["dynamics_id"], []).append(intent)
    return found


def _sent(plan: SyncPlan, intent: IntentRow, person: Json) -> Values:
    """Return what an unanswered write has sent to one side as the base of the pair it made."""
    values: Values = intent["body"]["values"]
    table = plan.tables[as_table(intent["dynamics_table"])]
    if intent["side"] == "dynamics":
        made = intent["marketo_id"] == int(person["id"])
        return born_values(table, values, filled_of(intent)) if made else {}
    carried = str(person.get(MARKETO_DYNAMICS_ID) or "").lower()
    born = person_born_with(table) if intent["operation"] == "create" else {}
    return {**born, **values} if carried == intent["dynamics_id"] else {}


def _former_links(engine: Engine, rows: Sequence[Row]) -> dict[tuple[int, str], LinkRow]:
    """Return links that ended when their row was deleted: it is back under its own id (S080)."""
    links: list[LinkRow] = []
    for table in TABLES:
        ids = [row["dynamics_id"] for row, _ in rows if row["table"] == table]
        links.extend(engine.store.links_of_rows(table, ids))
    etags = {row["dynamics_id"]: row["etag"] for row, _ in rows}
    statuses = {row["dynamics_id"]: status_of(row) for row, _ in rows}
    return {
        (link["marketo_id"], link["dynamics_id"]): {
            **link,
            "status": statuses[link["dynamics_id"]],
            "etag": etags[link["dynamics_id"]],
        }
        for link in sorted(links, key=lambda link: link["updated_at"])
        if link["status"] == "dynamics_deleted"
    }


def _candidate(row: Json) -> Candidate:
    person = row["person_id"]
    return Candidate(
        table=as_table(row["table"]),
        dynamics_id=row["dynamics_id"],
        email_key=row["email_key"],
        person_id=int(person) if person else None,
    )


def _find_persons(
    search: PersonSearch,
    candidates: Sequence[Candidate],
    intents: Iterable[str],
    former: dict[tuple[int, str], LinkRow],
) -> list[Json]:
    snapshot = search.snapshot
    carried = {c.person_id for c in candidates if c.person_id is not None}
    found = dict(snapshot.persons)
    found.update(search.by_id(carried | {person for person, _ in former} | snapshot.guests))
    for person in search.by_row(intents):
        found[int(person["id"])] = person
    if search.plan.policies.match_before_create == "email":
        emails = {c.email_key for c in candidates if c.email_key is not None}
        for person in search.by_address(emails):
            found[int(person["id"])] = person
    return list(found.values())


def new_link(engine: Engine, cycle: Cycle, row: Json, marketo_id: int) -> LinkRow:
    """Make the link of a ``rows`` record and a person."""
    return LinkRow(
        link_id=engine.new_id(),
        marketo_id=marketo_id,
        dynamics_table=row["table"],
        dynamics_id=row["dynamics_id"],
        status=status_of(row),
        etag=row["etag"],
        cycle_id=cycle.cycle_id,
        updated_at=cycle.opened_at,
    )


def _new_pair(plan: SyncPlan, link: LinkRow, row: Row, person: Json) -> Pair:
    record, values = row
    return Pair(
        link,
        marketo=person_values(plan.tables[as_table(record["table"])], person),
        dynamics=values,
        is_new=True,
        row_extracted=True,
        created_on=record["created_on"],
    )


def _failure(row: Json, verdict: Verdict) -> FailureItem:
    shown = ", ".join(str(person) for person in verdict.others)
    if verdict.kind == "ambiguous":
        rule = "ambiguous_match"
        message = (
            f"several persons have this e-mail: {shown}; merge them in Marketo or correct the "
            "e-mail; the record is matched again when it changes in Dynamics"
        )
    else:
        rule = "already_linked"
        other = f"lead or contact {verdict.other_row}"
        person = f"person {shown}" if shown else "a new person"
        message = (
            f"the e-mail belongs to {person}, linked to {other}; "
            "merge the records in Dynamics or correct the e-mail; the record is matched again "
            "when it changes"
        )
    return FailureItem(
        field="emailaddress1",
        rule=rule,
        value=row["email_key"],
        limit=shown or verdict.other_row,
        message=message,
        source="validation",
    )
