"""The account of a new contact, by domain (S015)."""

from __future__ import annotations

import pytest

from leadsync.cycle.match.match_accounts import host_of


@pytest.mark.parametrize(
    ("website", "host"),
    [
        ("https://www.Acme.com/about?x=1", "acme.com"),
        ("acme.com", "acme.com"),
        ("www.acme.com/", "acme.com"),
        ("//acme.com:8080", "acme.com"),
        ("acme.com.", "acme.com"),
        ("http://user@acme.com", "acme.com"),
        ("", ""),
        (None, ""),
        ("http://[broken", ""),
        ("not a site", "not a site"),
    ],
)
def test_a_website_is_read_as_people_write_it(website: object, host: str) -> None:
    assert host_of(website) == host
