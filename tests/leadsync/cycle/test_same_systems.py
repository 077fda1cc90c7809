"""A state store works with the systems whose ids it holds, and with no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leadsync.cycle.same_systems import rebind, require_same_systems
from leadsync.errors import ConfigurationError
from leadsync.marketo.connection import MarketoConnection
from leadsync.state.port import StateChanges, StateStore
from support.state_rows import link
from support.synced import Synced
from support.world import World

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
HOUR = 3600.0


class Marketo:
    def __init__(self, instance: str = "123-ABC-456") -> None:
        self.instance = instance
        self.address = f"https://{instance}.mktorest.com"


class Dynamics:
    """Counts how often it is asked who it is."""

    def __init__(self, identity: str = "org-1", address: str = "https://contoso.example") -> None:
        self.identity = identity
        self.address = address
        self.asked = 0

    def organisation(self) -> str:
        self.asked += 1
        return self.identity


def check(
    store: StateStore,
    dynamics: Dynamics,
    *,
    marketo: Marketo | None = None,
    later: float = 0.0,
    remember: bool = True,
) -> None:
    now = NOW + timedelta(seconds=later)
    require_same_systems(
        store, marketo or Marketo(), dynamics, now, trusted_seconds=HOUR, remember=remember
    )


@pytest.fixture
def used(store: StateStore) -> StateStore:
    """A store with a link of organisation ``org-1``."""
    check(store, Dynamics())
    store.apply(StateChanges(links=[link()]), lease=None)
    return store


def test_first_use_binds_and_asks_once_an_hour(store: StateStore) -> None:
    dynamics = Dynamics()
    for later in (0, 1, HOUR - 1, HOUR, HOUR + 1):
        check(store, dynamics, later=later)
    assert dynamics.asked == 2
    bound = store.bindings.all()
    assert bound["marketo"] == {
        "system": "marketo",
        "identity": "123-ABC-456",
        "address": "https://123-ABC-456.mktorest.com",
        "checked_at": NOW,
    }
    assert bound["dynamics"]["identity"] == "org-1"
    assert bound["dynamics"]["checked_at"] == NOW + timedelta(hours=1)


def test_another_organisation_is_refused_with_both_names_and_a_remedy(used: StateStore) -> None:
    before = used.bindings.all()
    with pytest.raises(ConfigurationError) as refused:
        check(used, Dynamics("org-2", "https://other.example"))
    for told in ("dynamics_default", "org-1", "org-2", "https://other.example", "contoso"):
        assert told in refused.value.message
    assert "leadsync rebind" in refused.value.remedy
    assert used.bindings.all() == before


def test_organisation_that_was_replaced_behind_its_address_is_noticed(used: StateStore) -> None:
    check(used, Dynamics("org-2"), later=HOUR - 1)
    with pytest.raises(ConfigurationError, match="org-2"):
        check(used, Dynamics("org-2"), later=HOUR)


def test_another_marketo_instance_is_refused(used: StateStore) -> None:
    with pytest.raises(ConfigurationError, match="marketo_default leads to 999-XYZ-000"):
        check(used, Dynamics(), marketo=Marketo("999-XYZ-000"))


def test_same_organisation_may_move_to_another_address(used: StateStore) -> None:
    check(used, Dynamics(address="https://renamed.example"))
    assert used.bindings.all()["dynamics"]["address"] == "https://renamed.example"


def test_store_that_has_seen_nothing_may_be_used_elsewhere(store: StateStore) -> None:
    check(store, Dynamics())
    check(store, Dynamics("org-2", "https://other.example"))
    assert store.bindings.all()["dynamics"]["identity"] == "org-2"


def test_cursors_are_reason_enough_to_refuse(store: StateStore) -> None:
    check(store, Dynamics())
    store.apply(StateChanges(cursors={"dynamics_lead": "link"}), lease=None)
    with pytest.raises(ConfigurationError):
        check(store, Dynamics("org-2", "https://other.example"))


def test_dry_run_writes_nothing_and_is_refused_alike(used: StateStore) -> None:
    before = used.bindings.all()
    check(used, Dynamics(address="https://renamed.example"), remember=False)
    assert used.bindings.all() == before
    with pytest.raises(ConfigurationError):
        check(used, Dynamics("org-2", "https://other.example"), remember=False)


def test_rebinding_accepts_what_is_there(used: StateStore) -> None:
    copied = Dynamics("org-2", "https://copy.example")
    rebind(used, Marketo(), copied, NOW)
    check(used, copied)
    with pytest.raises(ConfigurationError):
        check(used, Dynamics())


@pytest.mark.parametrize(
    ("base_url", "instance"),
    [
        ("https://123-abc-456.mktorest.com/rest", "123-ABC-456"),
        ("https://marketo.example.com", "marketo.example.com"),
        ("http://127.0.0.1:8701", "127.0.0.1"),
    ],
)
def test_instance_is_the_munchkin_id_or_the_host(base_url: str, instance: str) -> None:
    assert MarketoConnection(base_url, "id", "secret").instance == instance


def test_cycle_in_another_organisation_stops_before_it_writes(synced: Synced) -> None:
    """Re-pointed over HTTP: the organisation behind the connection is not the one before."""
    synced.new_row(lastname="Ek", emailaddress1="ek@example.com")
    synced.cycle()
    bound = synced.engine.store.bindings.all()["dynamics"]
    synced.engine.store.bindings.bind({**bound, "identity": "another", "address": "elsewhere"})
    persons = synced.marketo.control.records("leads")
    synced.new_row(lastname="Ny", emailaddress1="ny@example.com")
    with pytest.raises(ConfigurationError, match="holds the links of another"):
        synced.cycle()
    assert synced.marketo.control.records("leads") == persons
    assert synced.engine.store.current_lease("cycle") is None


def test_new_organisation_with_a_store_of_its_own_takes_over_the_persons() -> None:
    """The runbook's way to move on purpose: persons carry ids of the organisation before."""
    old = World()
    for _ in range(5):  # so that no id of a row exists in both organisations
        old.dynamics.add("lead", lastname="Other", new_synctomkto=False)
    person, _ = old.linked(emailaddress1="ek@example.com", jobtitle="CTO")
    new = World(clock=old.clock)
    new.marketo, new.dynamics.organisation_id = old.marketo, "00000000-0000-4000-8000-000000000002"
    row = new.dynamics.add("lead", lastname="Ek", emailaddress1="ek@example.com", jobtitle="CTO")
    for _ in range(3):
        new.cycle()
    assert new.person_of(row)["id"] == person
    assert len([p for p in new.marketo.people.values() if p["email"] == "ek@example.com"]) == 1
    assert [link["marketo_id"] for link in new.store.links_of_rows("lead", [row])] == [person]


def test_another_organisation_with_the_same_store_changes_nothing() -> None:
    world = World()
    world.linked(emailaddress1="ek@example.com")
    world.clock.advance(3600)
    world.dynamics.organisation_id = "00000000-0000-4000-8000-000000000002"
    world.dynamics.add("lead", lastname="Ny", emailaddress1="ny@example.com")
    for run in (world.cycle, world.plan):
        with pytest.raises(ConfigurationError, match="holds the links of"):
            run()
    assert world.writes == 0
