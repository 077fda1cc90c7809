"""The organisation as it is before anybody used it."""

from __future__ import annotations

import uuid
from typing import Any

from leadsync_sandbox.common.database import Database
from leadsync_sandbox.dynamics import rows
from leadsync_sandbox.dynamics.catalogue import load_tables, stable_id
from leadsync_sandbox.dynamics.layout import advance, create_table
from leadsync_sandbox.dynamics.rows import Row
from leadsync_sandbox.dynamics.session import Session

BUSINESS_UNIT = stable_id("businessunit", "root")
BASE_CURRENCY = stable_id("currency", "USD")
APPLICATION_USER = stable_id("systemuser", "application")
#: who edits in the UI when an edit names nobody.
UI_USER = stable_id("systemuser", "administrator")
TEAM = stable_id("team", "root")

_CURRENCIES = (
    ("USD", "US Dollar", "$", 1.0),
    ("EUR", "Euro", "€", 0.92),
    ("SEK", "Svensk krona", "kr", 10.5),
    ("JPY", "日本円", "¥", 155.0),
)
_BULK_TABLES = ("account", "contact", "lead", "opportunity")
_MESSAGES = ("Create", "Update", "Delete", "CreateMultiple", "UpdateMultiple")


def lay_out(database: Database) -> None:
    """Create the tables of an empty database."""
    for position, table in enumerate(load_tables()):
        create_table(database, table, position)


def populate(session: Session, client_id: str) -> None:
    """Store the rows that every organisation has."""
    for code, name, symbol, rate in _CURRENCIES:
        _insert(session, "transactioncurrency", _currency(code, name, symbol, rate))
    _insert(
        session,
        "organization",
        {
            "organizationid": str(uuid.uuid4()),
            "name": "Contoso",
            "expirechangetrackingindays": 7,
            "fullnameconventioncode": 1,
            "basecurrencyid": BASE_CURRENCY,
        },
    )
    unit = {"businessunitid": BUSINESS_UNIT, "name": "Contoso", "isdisabled": 0}
    _insert(session, "businessunit", unit)
    _insert(session, "systemuser", _user(APPLICATION_USER, "# leadsync", client_id))
    _insert(session, "systemuser", _user(UI_USER, "Administrator", None))
    team = {"teamid": TEAM, "name": "Contoso", "teamtype": 0, "isdefault": 1}
    _insert(session, "team", {**team, "businessunitid": BUSINESS_UNIT})
    _messages(session)
    advance(session.database, "row", 1000)


def _currency(code: str, name: str, symbol: str, rate: float) -> Row:
    return {
        "transactioncurrencyid": stable_id("currency", code),
        "currencyname": name,
        "isocurrencycode": code,
        "currencysymbol": symbol,
        "currencyprecision": 2,
        "exchangerate": rate,
        "statecode": 0,
        "statuscode": 1,
    }


def _user(user_id: str, last_name: str, application_id: str | None) -> Row:
    return {
        "systemuserid": user_id,
        "lastname": last_name,
        "fullname": last_name,
        "domainname": f"{last_name.strip('# ').lower()}@contoso.example",
        "internalemailaddress": f"{last_name.strip('# ').lower()}@contoso.example",
        "businessunitid": BUSINESS_UNIT,
        "isdisabled": 0,
        "accessmode": 4 if application_id else 0,
        "applicationid": application_id,
    }


def _messages(session: Session) -> None:
    for message in _MESSAGES:
        message_id = stable_id("sdkmessage", message)
        _insert(session, "sdkmessage", {"sdkmessageid": message_id, "name": message})
        for table in _BULK_TABLES:
            row = {
                "sdkmessagefilterid": stable_id("sdkmessagefilter", message, table),
                "sdkmessageid": message_id,
                "primaryobjecttypecode": table,
            }
            _insert(session, "sdkmessagefilter", row)


def _insert(session: Session, name: str, values: dict[str, Any]) -> None:
    table = session.table(name)
    defaults = {column: int(value) for column, value in table.defaults.items()}
    stamped = {"createdon": session.timestamp, "modifiedon": session.timestamp}
    stamps = {name: value for name, value in stamped.items() if name in table.columns}
    rows.insert(session, table, {**defaults, **stamps, **values})
