"""Runs persons through a flow step: one call for many, answered later (marketo-rest.md 18.3)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from leadsync_sandbox.common.clock import format_moment
from leadsync_sandbox.common.sandbox import ControlError, Json
from leadsync_sandbox.marketo.flow_steps.provider import Provider, installed
from leadsync_sandbox.marketo.instance import Instance

MOST_PERSONS = 1000
#: how often a call is made when no 201 comes; Marketo does not publish how often it tries.
ATTEMPTS = 3
TRIGGER = {"name": "Contact us", "triggerName": "Fills Out Form"}
CALLBACK_PATH = "/ssfs/callback"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a campaign through a step.

    :param options: what the marketer chose in the step.
    :param kind: ``trigger`` or ``batch``.
    :param repeats: how often each call is made although it was accepted.
    """

    box: Instance
    provider: Provider
    campaign: int
    options: Json
    kind: str
    repeats: int

    def call(self, persons: Sequence[int]) -> Json:
        """Send some persons, and note the call before it is made."""
        token, key = str(uuid.uuid4()), uuid.uuid4().hex
        content = self._content(persons, token, key)
        row = (token, key, self.provider.number, self.campaign, json.dumps(list(persons)))
        now = format_moment(self.box.clock.now())
        self.box.database.run(
            "INSERT INTO flow_call VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL)", (*row, now)
        )
        status = [self._submit(content) for _ in range(1 + self.repeats)][-1]
        sql = "UPDATE flow_call SET status = ? WHERE token = ?"
        self.box.database.run(sql, (status, token))
        return {"token": token, "status": status}

    def _submit(self, content: Json) -> int:
        status = 0
        for _ in range(ATTEMPTS):
            try:
                status = self.provider.call("POST", "/submitAsyncAction", content).status_code
            except requests.RequestException:
                status = 0
            if status == 201 or 400 <= status < 429:
                break
        return status

    def _content(self, persons: Sequence[int], token: str, key: str) -> Json:
        return {
            "token": token,
            "batchid": str(uuid.uuid4()),
            "apiCallBackKey": key,
            "campaignId": self.campaign,
            "callbackUrl": f"{self.provider.callback_base}{CALLBACK_PATH}/{self.provider.number}",
            "context": {
                "subscription": {
                    "munchkinId": "123-ABC-456",
                    "prefix": "acme",
                    "crmSyncStatus": "inactive",
                },
                "admin": {},
                "campaign": {"id": self.campaign, "name": "Fast track", "type": self.kind},
                "program": {},
            },
            "objectData": [self._item(person) for person in persons],
        }

    def _item(self, person: int) -> Json:
        return {
            "objectType": "lead",
            "objectContext": {"id": person},
            "flowStepContext": self.options,
            "programMemberContext": {},
            "triggeringContext": TRIGGER if self.kind == "trigger" else {},
        }


def run_campaign(box: Instance, edit: Json) -> Json:
    """Run persons through a step; returns the calls as ``{token, status}``.

    :param edit: ``id`` of the campaign; ``service``, ``persons``; ``options`` of the step;
        ``kind`` (``trigger``, ``batch``); ``size`` of a call (1 to 1,000); ``repeats`` of a call.
    :raises ControlError: something of it is wrong.
    """
    size = int(edit.get("size", 100))
    if not 1 <= size <= MOST_PERSONS:
        raise ControlError(f"A call has 1 to {MOST_PERSONS} persons.")
    run = Run(
        box,
        installed(box, int(edit["service"])),
        int(edit["id"]),
        edit.get("options", {}),
        edit.get("kind", "trigger"),
        int(edit.get("repeats", 0)),
    )
    return {"id": [run.call(part) for part in _parts(edit["persons"], size)]}


def _parts(persons: Sequence[Any], size: int) -> Iterator[list[int]]:
    for start in range(0, len(persons), size):
        yield [int(person) for person in persons[start : start + size]]
