"""A whole leadsync in memory: both systems simulated, one engine, cycles on demand."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from leadsync.cycle.context import CycleRequest, Engine, in_turn
from leadsync.cycle.plan.plans import Plans
from leadsync.cycle.request.on_request import answer_now, person_request
from leadsync.cycle.runner import run_cycle, run_plan
from leadsync.json_copy import json_copy
from leadsync.mapping.model import Mapping
from leadsync.model import DynamicsColumn, DynamicsTable, Json, MarketoField, OptionValue, Pace
from leadsync.review.decide import decide_items
from leadsync.settings import Settings
from leadsync.staging.memory import MemoryStaging
from leadsync.state.memory import MemoryStateStore
from leadsync.state.port import RequestRow
from leadsync.validation.plain import check_plain
from support.simulated import ManualClock, SimulatedDynamics, SimulatedMarketo

SETTINGS = Settings(data=Path(), staging="", mapping=Path())
PERSON_FIELDS = {
    "firstName": "string",
    "lastName": "string",
    "email": "email",
    "title": "string",
    "phone": "phone",
    "city": "string",
    "country": "string",
    "leadSource": "string",
    "unsubscribed": "boolean",
    "company": "string",
    "billingCity": "string",
    "ownerName": "string",
    "ownerEmail": "email",
    "dateOfBirth": "date",
    "leadsyncDynamicsId": "string",
    "leadsyncDynamicsType": "string",
    "leadsyncDynamicsDeleted": "boolean",
    "leadsyncDynamicsCreatedAt": "datetime",
}
MAPPING: Json = {
    "fields": [
        {"marketo": "firstName", "lead": "firstname", "contact": "firstname"},
        {"marketo": "lastName", "lead": "lastname", "contact": "lastname"},
        {"marketo": "email", "lead": "emailaddress1", "contact": "emailaddress1"},
        {"marketo": "title", "lead": "jobtitle", "contact": "jobtitle"},
        {"marketo": "phone", "lead": "telephone1", "contact": "telephone1"},
        {"marketo": "city", "lead": "address1_city", "contact": "address1_city"},
        {"marketo": "country", "lead": "address1_country", "contact": "address1_country"},
        {"marketo": "leadSource", "lead": "leadsourcecode", "on_invalid": "hold_field"},
        {
            "marketo": "unsubscribed",
            "lead": "donotbulkemail",
            "contact": "donotbulkemail",
            "rule": "most_restrictive",
        },
    ]
}


#: company and owner fields, for worlds that map them.
RELATED_MAPPING: Json = {
    **MAPPING,
    "company": [
        {"marketo": "company", "account": "name"},
        {"marketo": "billingCity", "account": "address1_city"},
    ],
    "owner": [
        {"marketo": "ownerName", "user": "fullname"},
        {"marketo": "ownerEmail", "user": "internalemailaddress"},
    ],
}
COMPANY_LOOKUPS = {
    "lead": ("parentaccountid", "Account", "Lookup"),
    "contact": ("parentcustomerid", "Company", "Customer"),
}
RELATED_COLUMNS = {
    "account": ("name", "websiteurl", "address1_city"),
    "systemuser": ("domainname", "fullname", "internalemailaddress"),
    "team": ("name",),
}


@cache
def marketo_fields() -> dict[str, MarketoField]:
    """Return the persons' fields."""
    return {
        name: MarketoField(name, name, kind, 255 if kind == "string" else None)
        for name, kind in PERSON_FIELDS.items()
    }


@cache
def dynamics_table(name: str) -> DynamicsTable:
    """Return a lead or contact table with leadsync's own columns."""
    options = tuple(OptionValue(i, label) for i, label in enumerate(("Web", "Partner"), 1))
    columns = [
        DynamicsColumn(f"{name}id", "Id", "Uniqueidentifier", for_update=False),
        *(DynamicsColumn(c, c, "String", max_length=50) for c in ("firstname", "jobtitle")),
        DynamicsColumn("lastname", "Last name", "String", "ApplicationRequired", max_length=50),
        DynamicsColumn("emailaddress1", "E-mail", "String", max_length=100, format="Email"),
        *(
            DynamicsColumn(c, c, "String", max_length=80)
            for c in ("telephone1", "address1_city", "address1_country")
        ),
        DynamicsColumn("donotbulkemail", "No bulk e-mail", "Boolean"),
        DynamicsColumn("birthdate", "Born", "DateTime", date_behavior="DateOnly"),
        DynamicsColumn("leadsourcecode", "Source", "Picklist", options=options),
        DynamicsColumn("statecode", "Status", "State", options=(OptionValue(0, "Open"),)),
        DynamicsColumn("createdon", "Created", "DateTime", computed=True),
        DynamicsColumn("modifiedon", "Modified", "DateTime", computed=True),
        DynamicsColumn("masterid", "Master", "Lookup", computed=True, targets=(name,)),
        DynamicsColumn("parentcontactid", "Contact", "Lookup", targets=("contact",)),
        DynamicsColumn("originatingleadid", "Lead", "Lookup", computed=True, targets=("lead",)),
        DynamicsColumn("ownerid", "Owner", "Owner", targets=("systemuser", "team")),
        DynamicsColumn(*COMPANY_LOOKUPS[name], targets=("account", "contact")),
        DynamicsColumn("new_marketoid", "Marketo id", "Integer"),
        DynamicsColumn("new_synctomkto", "Sync to Marketo", "Boolean"),
    ]
    return DynamicsTable(name, f"{name}s", f"{name}id", {column.name: column for column in columns})


@cache
def related_table(name: str) -> DynamicsTable:
    """Return the table of accounts, users or teams."""
    columns = [
        DynamicsColumn(f"{name}id", "Id", "Uniqueidentifier", for_update=False),
        *(DynamicsColumn(c, c, "String", max_length=160) for c in RELATED_COLUMNS[name]),
        DynamicsColumn("modifiedon", "Modified", "DateTime", computed=True),
    ]
    if name == "systemuser":
        columns.append(DynamicsColumn("isdisabled", "Disabled", "Boolean"))
    if name == "account":
        active = (OptionValue(0, "Active"),)
        columns.append(DynamicsColumn("statecode", "Status", "State", options=active))
    return DynamicsTable(name, f"{name}s", f"{name}id", {column.name: column for column in columns})


def _made_id(number: int) -> str:
    """Return an id that leadsync makes; ids do not sort in the order in which they were made."""
    return f"{f'{number:06d}'[::-1]}fe-0000-4000-8000-{number:011d}f"


class NoLedger:
    """Counts nothing: the simulated systems make no calls."""

    def acquire(self, system: str) -> None:
        return None

    def calls(self) -> dict[str, int]:
        return {}

    def used_today(self, system: str) -> float:
        return 0.0

    def pace(self, system: str) -> Pace:
        return Pace(1, 1.0)


@dataclass
class World:
    """Both systems and the engine between them."""

    mapping: Json = field(default_factory=lambda: MAPPING)
    clock: ManualClock = field(default_factory=ManualClock)
    store: MemoryStateStore = field(default_factory=MemoryStateStore)
    staging: MemoryStaging = field(default_factory=MemoryStaging)
    plans: Plans = field(default_factory=Plans)
    settings: Settings = field(default_factory=lambda: SETTINGS)
    validate: Callable[[Json], Mapping] = Mapping.model_validate

    def __post_init__(self) -> None:
        self._engine: Engine | None = None
        self._mapped: Json = {}
        self._ids = itertools.count(1)
        self.marketo = SimulatedMarketo(self.clock, dict(marketo_fields()))
        tables = {name: dynamics_table(name) for name in ("lead", "contact")}
        tables |= {name: related_table(name) for name in RELATED_COLUMNS}
        self.dynamics = SimulatedDynamics(self.clock, tables)

    def __getstate__(self) -> Json:
        """Return what a copy of the world needs, which makes an engine of its own."""
        return {**self.__dict__, "_engine": None}

    @property
    def engine(self) -> Engine:
        """The engine, which is made again whenever the mapping has changed."""
        if self._engine is None or self._mapped != self.mapping:
            self._mapped = json_copy(self.mapping)
            self._engine = self._made()
        return self._engine

    def _made(self) -> Engine:
        return Engine(
            clock=self.clock,
            marketo=self.marketo,
            dynamics=self.dynamics,
            store=self.store,
            staging=self.staging,
            ledger=NoLedger(),
            mapping=self.validate(self.mapping),
            settings=self.settings,
            check=check_plain,
            new_id=lambda: _made_id(next(self._ids)),
            in_parallel=in_turn,
            plans=self.plans,
        )

    # -- running

    def cycle(self, **request: Any) -> Json:
        """Run a scheduled cycle a minute later and return its report."""
        self.clock.advance(60)
        self.marketo.writes.clear()
        self.dynamics.writes.clear()
        request = {"kind": "scheduled", "window_to": self.clock.now(), **request}
        return run_cycle(self.engine, CycleRequest(**request))

    def ask(self, *requests: RequestRow) -> list[RequestRow]:
        """Run a cycle on requests and return them as they stand then."""
        self.clock.advance(60)
        self.marketo.writes.clear()
        self.dynamics.writes.clear()
        return answer_now(self.engine, requests, 0).requests

    def sync_person(self, *persons: int, **asked: Any) -> list[RequestRow]:
        """Ask for persons to become rows, and return the answers."""
        engine = self.engine
        return self.ask(*(person_request(engine, "sync_person", p, **asked) for p in persons))

    def backfill(self, start: datetime, end: datetime) -> Json:
        """Run a backfill of an interval."""
        return self.cycle(kind="backfill", window_from=start, window_to=end)

    def plan(self) -> Json:
        """Return what a cycle would write."""
        self.clock.advance(60)
        self.marketo.writes.clear()
        self.dynamics.writes.clear()
        request = CycleRequest(kind="manual", window_to=self.clock.now(), dry_run=True)
        return run_plan(self.engine, request)

    # -- looking

    @property
    def writes(self) -> int:
        """Records written on either side by the last cycle."""
        return len(self.marketo.writes) + len(self.dynamics.writes)

    def person_of(self, row_id: str) -> Json:
        """Return the person that carries a row's id."""
        found = [p for p in self.marketo.people.values() if p["leadsyncDynamicsId"] == row_id]
        assert len(found) == 1, f"{len(found)} persons for {row_id}"
        return found[0]

    def linked(self, table: str = "lead", **values: Any) -> tuple[int, str]:
        """Create a row, let it become a person, and return both ids."""
        number = len(self.marketo.people) + 1
        row = {"lastname": "Ek", "emailaddress1": f"p{number}@example.com", **values}
        row_id = self.dynamics.add(table, **row)
        self.cycle()
        self.cycle()
        return int(self.person_of(row_id)["id"]), row_id

    def quarantined(self) -> list[Json]:
        """Return open quarantine items."""
        return [dict(item) for item in self.store.quarantine(statuses=("open",))]

    def release_all(self) -> None:
        """Let a person release everything that is in quarantine."""
        items = [item["id"] for item in self.quarantined()]
        decide_items(self.store, self.clock, items, "released", "test")


@pytest.fixture
def world() -> World:
    """An empty world."""
    return World()
