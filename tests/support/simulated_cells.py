"""How the simulated systems show and take single values."""

from __future__ import annotations

from datetime import datetime

from leadsync.model import Activity, Json

#: columns that a qualified lead hands on to its contact.
QUALIFIED_COLUMNS = ("firstname", "lastname", "emailaddress1", "jobtitle", "donotbulkemail")


def plain_lookups(body: Json) -> Json:
    """Return a body with its binds as the lookup columns that they set."""
    values: Json = {}
    for name, value in body.items():
        column, bind, _ = name.partition("@odata.bind")
        column = column.removesuffix("_account")
        target = None if value is None else value.partition("(")[2].rstrip(")") if bind else value
        values[f"_{column}_value" if bind else name] = target
    return values


def place(activity: Activity) -> tuple[datetime, int]:
    """Return where an activity stands in the log."""
    return activity.at, int(activity.guid)


def etag(row: Json) -> str:
    """Return a row's version as the server tells it."""
    return f'W/"{row["_version"]}"'


def text(value: object) -> str | None:
    """Return a value as an activity shows it."""
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)
