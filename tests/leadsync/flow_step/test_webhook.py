"""A classic webhook: one person, as JSON or as a form."""

from __future__ import annotations

import pytest

from leadsync.flow_step.model import MalformedCallError, Wish
from leadsync.flow_step.webhook import read_webhook


@pytest.mark.parametrize(
    ("body", "wish"),
    [
        (b'{"leadId": 7}', Wish(7)),
        (b'{"leadId": "7", "syncAs": "Contact"}', Wish(7, sync_as="contact")),
        (b'{"id": 7, "target": "lead", "op": "sync_person", "email": "a@x.com"}', Wish(7)),
        (
            b"leadId=7&syncAs=contact&assignTo=ann%40x.com",
            Wish(7, "sync_person", "contact", "ann@x.com"),
        ),
        (b"leadId=7&syncAs=&campaignId=", Wish(7)),
        (
            b'{"marketo_id": 7, "action": "change_owner", "assign_to": "ann@x.com"}',
            Wish(7, "change_owner", assign_to="ann@x.com"),
        ),
    ],
)
def test_one_person_is_named(body: bytes, wish: Wish) -> None:
    call = read_webhook(body)
    assert call.wishes == (wish,)
    assert (call.source, call.mode, call.callback) == ("webhook", "real_time", None)


def test_the_same_content_is_the_same_call() -> None:
    one = read_webhook(b'{"leadId": 7, "campaignId": 3}')
    same = read_webhook(b'{"campaignId": "3", "leadId": "7", "email": "other"}')
    assert (one.identity, one.lasting, one.campaign) == (same.identity, False, 3)
    assert one.identity != read_webhook(b'{"leadId": 8, "campaignId": 3}').identity


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "no JSON"),
        (b"[7]", "no JSON object"),
        (b"nonsense", "neither JSON nor a form"),
        (b"{}", "leadId is missing"),
        (b'{"leadId": ""}', "leadId is missing"),
        (b'{"leadId": "{{lead.Id}}"}', "leadId is no whole number"),
        (b'{"leadId": 7, "syncAs": "account"}', "Sync As is 'account'"),
        (b'{"leadId": 7, "action": "change_owner"}', "Assign To is empty"),
    ],
)
def test_what_is_wrong_is_named(body: bytes, told: str) -> None:
    with pytest.raises(MalformedCallError, match=told):
        read_webhook(body)
