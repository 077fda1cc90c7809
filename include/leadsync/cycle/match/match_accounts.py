"""The account that a new contact belongs to, by the domain of its person (S015).

Only where the mapping's policy ``match_account: website`` asks for it: the one active account whose
website has the domain of the person's e-mail address or website; none or several leave it empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from leadsync.cycle.context import Engine
from leadsync.mapping.plan import SyncPlan

ACCOUNT = "account"
_COLUMNS = ("accountid", "websiteurl", "statecode")
_ACTIVE = 0


def match_accounts(
    engine: Engine, plan: SyncPlan, people: Mapping[int, tuple[str | None, str | None]]
) -> dict[int, str]:
    """Return account ids by Marketo id.

    :param people: e-mail key and website of each person that becomes a contact.
    """
    if plan.policies.match_account == "off":
        return {}
    domains = {person: _domains(*sources) for person, sources in people.items()}
    asked = sorted({domain for found in domains.values() for domain in found})
    if not asked:
        return {}
    accounts: dict[str, set[str]] = {}
    for row in engine.dynamics.rows_containing(ACCOUNT, "websiteurl", asked, _COLUMNS):
        if row.get("statecode") == _ACTIVE:
            accounts.setdefault(host_of(row.get("websiteurl")), set()).add(str(row["accountid"]))
    matches: dict[int, str] = {}
    for person, found in domains.items():
        ids = {account for domain in found for account in accounts.get(domain, ())}
        if len(ids) == 1:
            matches[person] = ids.pop().lower()
    return matches


def host_of(website: object) -> str:
    """Return the host of a website as people write it, in lower case, without ``www.``."""
    text = str(website or "").strip()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:  # such as an unclosed bracket: no host at all
        return ""
    return host.lower().rstrip(".").removeprefix("www.")


def _domains(email_key: str | None, website: str | None) -> set[str]:
    found = {(email_key or "").rpartition("@")[2], host_of(website)}
    return {domain for domain in found if "." in domain}
