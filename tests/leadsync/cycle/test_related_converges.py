"""Whatever happens to accounts, owners and contacts, their people end up showing them (P1, P2)."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.world import RELATED_MAPPING, World

PEOPLE = range(3)
PLACES = range(3)

steps = st.lists(
    st.one_of(
        st.tuples(st.just("rename"), st.sampled_from(PLACES), st.sampled_from(["X", "Y", "Z"])),
        st.tuples(st.just("move"), st.sampled_from(PEOPLE), st.sampled_from([None, *PLACES])),
        st.tuples(st.just("assign"), st.sampled_from(PEOPLE), st.sampled_from(PLACES)),
        st.tuples(st.just("delete"), st.sampled_from(PLACES), st.none()),
        st.tuples(st.just("hide"), st.sampled_from(PLACES), st.none()),
        st.tuples(st.just("show"), st.none(), st.none()),
        st.tuples(st.just("edit person"), st.sampled_from(PEOPLE), st.sampled_from("AB")),
        st.tuples(st.just("exclude"), st.sampled_from(PEOPLE), st.booleans()),
        st.tuples(st.just("cycle"), st.none(), st.none()),
    ),
    min_size=6,
    max_size=25,
)


class Firm:
    """Contacts that move between accounts and owners, one of them a team."""

    def __init__(self) -> None:
        self.world = World(RELATED_MAPPING)
        dynamics = self.world.dynamics
        self.accounts = [dynamics.add("account", name=f"Account {n}") for n in PLACES]
        users = [dynamics.add("systemuser", fullname=f"User {n}") for n in PLACES[:2]]
        self.owners = [*users, dynamics.add("team", name="Team")]
        self.contacts = [
            dynamics.add(
                "contact",
                lastname=f"P{n}",
                _ownerid_value=self.owners[n],
                _parentcustomerid_value=self.accounts[0],
            )
            for n in PEOPLE
        ]
        self.world.cycle()

    def step(self, what: str, which: int | None, value: object) -> None:
        """Let a user do something, or run a cycle."""
        dynamics = self.world.dynamics
        if what == "cycle":
            self.world.cycle()
        elif what == "show":
            dynamics.hidden.clear()
        elif which is None:
            raise ValueError(what)
        elif what == "move":
            target = self.accounts[value] if isinstance(value, int) else None
            there = target if target in dynamics.rows["account"] else None
            dynamics.edit("contact", self.contacts[which], _parentcustomerid_value=there)
        elif what == "assign" and isinstance(value, int):
            dynamics.edit("contact", self.contacts[which], _ownerid_value=self.owners[value])
        elif what == "exclude":
            dynamics.edit("contact", self.contacts[which], new_synctomkto=not value)
        elif what == "edit person":
            for person in self.world.marketo.people:
                self.world.marketo.edit(person, city=value)
        elif self.accounts[which] in dynamics.rows["account"]:
            self._with_account(what, self.accounts[which], value)

    def _with_account(self, what: str, account: str, value: object) -> None:
        if what == "rename":
            self.world.dynamics.hidden.discard(account)  # no feed tells what changed unseen
            self.world.dynamics.edit("account", account, name=value)
        elif what == "delete":
            self.world.dynamics.delete("account", account)
        else:
            self.world.cycle()  # what has changed before is read before it is out of reach
            self.world.dynamics.hidden.add(account)

    def settle(self) -> None:
        """Everybody stops; all is readable and in scope; released rows are tried again."""
        self.world.dynamics.hidden.clear()
        for contact in self.contacts:
            if self.world.dynamics.rows["contact"][contact]["new_synctomkto"] is False:
                self.world.dynamics.edit("contact", contact, new_synctomkto=True)
        for _ in range(2):
            self.world.cycle()

    def shown(self, contact: str) -> tuple[object, object]:
        """The company and owner that the person of a contact shows."""
        person = self.world.person_of(contact)
        return person["company"], person["ownerName"]

    def true(self, contact: str) -> tuple[object, object]:
        """The company and owner that it should show."""
        rows = self.world.dynamics.rows
        row = rows["contact"][contact]
        account = rows["account"].get(row["_parentcustomerid_value"] or "")
        owner = row["_ownerid_value"]
        name = rows["systemuser"][owner]["fullname"] if owner in rows["systemuser"] else "Team"
        return account["name"] if account else None, name


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_people_show_their_account_and_owner_once_all_is_quiet(
    done: list[tuple[str, int | None, object]],
) -> None:
    firm = Firm()
    for what, which, value in done:
        firm.step(what, which, value)
    firm.settle()
    for contact in firm.contacts:
        assert firm.shown(contact) == firm.true(contact)
    firm.world.cycle()
    assert firm.world.writes == 0
    assert firm.world.quarantined() == []
    assert firm.world.store.deferred() == []
