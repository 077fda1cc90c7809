"""Columns that the platform computes from others (reference/dataverse-webapi.md 3.1, 5, 7)."""

from __future__ import annotations

from leadsync_sandbox.dynamics.errors import ApiError
from leadsync_sandbox.dynamics.rows import Row
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.session import Session

_ADDRESS_PARTS = ("line1", "line2", "line3", "city", "stateorprovince", "postalcode", "country")
#: read-only lookups that follow a customer lookup: column, and the follower per target table.
_FOLLOWERS = {
    "contact": ("parentcustomerid", {"account": "accountid", "contact": "parentcontactid"}),
    "lead": ("customerid", {"account": "accountid", "contact": "contactid"}),
    "opportunity": ("customerid", {"account": "accountid", "contact": "contactid"}),
}


def compute(session: Session, table: Table, current: Row, values: Row) -> None:
    """Add to ``values`` what follows from them and from the ``current`` row."""
    _full_name(session, table, current, values)
    _addresses(table, current, values)
    _money(session, table, current, values)
    _customer(table, values)
    _owner(session, table, values)


def _full_name(session: Session, table: Table, current: Row, values: Row) -> None:
    parts = ("firstname", "lastname")
    if "fullname" not in table.columns or not set(values) & set(parts):
        return
    first, last = (values.get(name, current.get(name)) for name in parts)
    if session.settings["last_name_first"]:
        values["fullname"] = ", ".join(part for part in (last, first) if part) or None
    else:
        values["fullname"] = " ".join(part for part in (first, last) if part) or None


def _addresses(table: Table, current: Row, values: Row) -> None:
    for prefix in ("address1", "address2", "address3"):
        names = [f"{prefix}_{part}" for part in _ADDRESS_PARTS]
        composite = f"{prefix}_composite"
        if composite in table.columns and not set(names).isdisjoint(values):
            lines = (values.get(name, current.get(name)) for name in names)
            values[composite] = "\r\n".join(line for line in lines if line) or None


def _money(session: Session, table: Table, current: Row, values: Row) -> None:
    columns = table.amounts & values.keys()
    if not columns and "transactioncurrencyid" not in values:
        return
    currency_id = values.get("transactioncurrencyid", current.get("transactioncurrencyid"))
    if currency_id is None:
        if all(values[name] is None for name in columns):
            values.update({f"{name}_base": None for name in columns})
            return
        currency_id = values["transactioncurrencyid"] = _base_currency(session)
    rate = _exchange_rate(session, currency_id)
    if "exchangerate" in table.columns:
        values["exchangerate"] = rate
    for name in columns:
        amount = values[name]
        values[f"{name}_base"] = None if amount is None else round(amount / rate, 4)


def _base_currency(session: Session) -> str:
    return str(session.database.value("SELECT basecurrencyid FROM organization"))


def _exchange_rate(session: Session, currency_id: str) -> float:
    sql = "SELECT exchangerate FROM transactioncurrency WHERE transactioncurrencyid = ?"
    return float(session.database.value(sql, (currency_id,)))


def _customer(table: Table, values: Row) -> None:
    column, followers = _FOLLOWERS.get(table.name, ("", {}))
    if column not in values:
        return
    target = values.get(table.columns[column].type_storage)
    for target_table, follower in followers.items():
        if follower in table.columns:
            values[follower] = values[column] if target == target_table else None


def _owner(session: Session, table: Table, values: Row) -> None:
    if not table.has_owner or "ownerid" not in values:
        return
    kind = values[table.columns["ownerid"].type_storage]
    disabled, unit = _owner_facts(session, kind, values["ownerid"])
    if disabled and not session.trusted:
        raise ApiError(
            400,
            "0x80040225",
            f"The specified user(Id = {values['ownerid']}) is disabled. Consider enabling this "
            "user. Additional Details: assigning records to a disabled user is not allowed.",
        )
    values["owninguser"] = values["ownerid"] if kind == "systemuser" else None
    values["owningteam"] = values["ownerid"] if kind == "team" else None
    values["owningbusinessunit"] = unit


def _owner_facts(session: Session, kind: str, owner_id: str) -> tuple[bool, str | None]:
    """Return whether an owner is disabled, and its business unit."""
    flag = "isdisabled" if kind == "systemuser" else "0"
    sql = f"SELECT {flag}, businessunitid FROM {kind} WHERE {kind}id = ?"
    [(disabled, unit)] = session.database.rows(sql, (owner_id,))
    return bool(disabled), unit
