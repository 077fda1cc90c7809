"""Users of Dynamics who keep accounts and owners, whose values people show (semantics.md 8.I)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from leadsync.model import Json
from simulation.diary import Diary
from simulation.related import EMPLOYER, FIELDS
from support.world import World

MOST_ACCOUNTS = 3
_NAMES = ("X", "Y", "Z")


class EmploysPeople:
    """What users do with accounts, users and teams, and with what refers to them."""

    random: Random
    diary: Diary
    world: World
    add_row: Callable[[], None]
    edit_row_with: Callable[[str, str, Json], None]

    # -- accounts

    def add_account(self) -> None:
        """Create an account."""
        if len(self.world.dynamics.rows["account"]) < MOST_ACCOUNTS:
            account = self.world.dynamics.add("account", **self._account_values())
            self.diary.related_changed(f"account {account[-2:]} created", [])

    def edit_account(self) -> None:
        """Change a value of an account, which all of its people show."""
        if account := self._some_account():
            self._save_account(account, self._account_values())

    def employ(self) -> None:
        """Give a row another account, or none, or a contact in its place (S102, S103)."""
        self.add_account()
        rows = list(self.diary.standing_rows())
        if rows:
            table, row_id, _ = self.random.choice(rows)
            places = [*self.world.dynamics.rows["account"]] * 2
            others = [i for t, i, _ in rows if t == "contact" and i != row_id]
            places += others[:1] if table == "contact" else []
            place = self.random.choice([*places, None])
            self._refer(table, row_id, EMPLOYER[table], place)

    def dismiss(self) -> None:
        """Take its account from a row (S103)."""
        rows = [(t, i) for t, i, row in self.diary.standing_rows() if row[EMPLOYER[t]]]
        if rows:
            table, row_id = self.random.choice(rows)
            self._refer(table, row_id, EMPLOYER[table], None)

    def employ_unseen(self) -> None:
        """Give a row an account that has just been created, and that nobody may read (S104)."""
        if self.random.random() < 0.5:
            self.add_row()
        rows = list(self.diary.standing_rows())[-2:]
        if rows and len(self.world.dynamics.rows["account"]) <= MOST_ACCOUNTS:
            table, row_id, _ = self.random.choice(rows)
            account = self.world.dynamics.add("account", **self._account_values())
            self.world.dynamics.hidden.add(account)
            self._refer(table, row_id, EMPLOYER[table], account)

    def leave_account(self) -> None:
        """Take a row out of scope, and change its account, which its person is not told of.

        One that is out of scope already only gets its account changed.
        """
        known = self.world.dynamics.rows["account"].keys() - self.world.dynamics.hidden
        rows = [one for one in self.diary.standing_rows() if one[2][EMPLOYER[one[0]]] in known]
        out = [one for one in rows if one[2]["new_synctomkto"] is False]
        if rows:
            table, row_id, row = self.random.choice(out or rows)
            if not out:
                self.edit_row_with(table, row_id, {"new_synctomkto": False})
            self._save_account(row[EMPLOYER[table]], self._account_values())

    def remove_account(self) -> None:
        """Delete an account; nothing refers to it any more (S103)."""
        if account := self._some_account():
            rows = self.diary.rows_referring(account)
            self.world.dynamics.delete("account", account)
            self.world.dynamics.hidden.discard(account)
            self.diary.related_changed(
                f"account {account[-2:]} deleted", rows, touched=True, lost=True
            )

    def hide_account(self) -> None:
        """Take away the right to read an account (S104)."""
        if account := self._some_account():
            self.world.dynamics.hidden.add(account)
            self.diary.related_changed(f"account {account[-2:]} cannot be read", [])

    def show_accounts(self) -> None:
        """Give the right to read all accounts, and save them, which no feed would tell else."""
        for account in sorted(self.world.dynamics.hidden):
            self.world.dynamics.hidden.discard(account)
            self._save_account(account, {})

    def _some_account(self) -> str:
        accounts = list(self.world.dynamics.rows["account"])
        return self.random.choice(accounts) if accounts else ""

    def _account_values(self) -> Json:
        values: Json = {"name": self.random.choice(_NAMES)}
        if self.random.random() < 0.5:
            values["address1_city"] = self.random.choice((*_NAMES, None))
        return values

    def _save_account(self, account: str, values: Json) -> None:
        self.world.dynamics.edit("account", account, **values)
        rows = self.diary.rows_referring(account)
        self.diary.related_changed(f"account {account[-2:]} edited {values}", rows)

    def _refer(self, table: str, row_id: str, column: str, target: str | None) -> None:
        self.world.dynamics.edit(table, row_id, **{column: target})
        story = f"{table} {row_id[-2:]} refers to {target and target[:1] + target[-2:]}"
        lost = column in EMPLOYER.values() and target not in self.world.dynamics.rows["account"]
        self.diary.related_changed(f"{story} by {column}", [row_id], touched=True, lost=lost)

    # -- owners

    def assign_owner(self) -> None:
        """Assign a row to a user or team (S106)."""
        self._add_owners()
        rows = list(self.diary.standing_rows())
        if rows:
            table, row_id, _ = self.random.choice(rows)
            self._refer(table, row_id, "_ownerid_value", self.random.choice(self._owners())[1])

    def edit_owner(self) -> None:
        """Rename a user or team."""
        self._add_owners()
        table, owner = self.random.choice(self._owners())
        values: Json = {"name": self.random.choice(_NAMES)}
        if table == "systemuser":
            values = {"fullname": self.random.choice(_NAMES)}
        self.world.dynamics.edit(table, owner, **values)
        rows = self.diary.rows_referring(owner)
        self.diary.related_changed(f"{table} {owner[-2:]} edited {values}", rows)

    def disable_owner(self) -> None:
        """Disable a user who owns something, or enable one again, which changes nothing (S107)."""
        users = self.world.dynamics.rows["systemuser"]
        owned = [user for user in users if self.diary.rows_referring(user)]
        if owned:
            user = self.random.choice(owned)
            self.world.dynamics.edit("systemuser", user, isdisabled=not users[user]["isdisabled"])
            self.diary.note(f"user {user[-2:]} disabled: {users[user]['isdisabled']}")

    def _add_owners(self) -> None:
        if not self._owners():
            dynamics = self.world.dynamics
            for number in range(2):
                address = f"u{number}@example.com"
                dynamics.add("systemuser", fullname=f"U{number}", internalemailaddress=address)
            dynamics.add("team", name="T")

    def _owners(self) -> list[tuple[str, str]]:
        rows = self.world.dynamics.rows
        return [(table, owner) for table in ("systemuser", "team") for owner in rows[table]]

    # -- people

    def edit_company(self) -> None:
        """Edit what a person shows of its account or owner, which goes nowhere (S039)."""
        people = list(self.world.marketo.people)
        if people:
            self._edit_shown(self.random.choice(people))

    def _edit_shown(self, person: int) -> None:
        name, value = self.random.choice(FIELDS), self.random.choice(("own", "OWN", None))
        self.world.marketo.edit(person, **{name: value})
        self.diary.shown_edited(person, name, value)
