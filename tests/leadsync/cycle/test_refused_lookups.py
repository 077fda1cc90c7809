"""Rows that are made without a lookup whose target is gone (S105)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from leadsync.cycle.load.loading import Write
from leadsync.cycle.load.refused_lookups import RefusedLookups
from leadsync.model import RecordError, RowResult, RowWrite

ACCOUNT = "a0000000-0000-4000-8000-000000000001"
USER = "50000000-0000-4000-8000-000000000002"
ROW = "c0000000-0000-4000-8000-000000000003"
BINDS = {
    "ownerid@odata.bind": f"/systemusers({USER})",
    "parentcustomerid_account@odata.bind": f"/accounts({ACCOUNT})",
}


class Server:
    """Refuses rows that refer to one of ``gone``, naming one at a time, as the service does."""

    def __init__(self, *gone: str, message: str = "Entity With Id = {} Does Not Exist") -> None:
        self.gone = gone
        self.message = message
        self.calls: list[list[RowWrite]] = []

    def __call__(self, rows: Sequence[RowWrite]) -> list[RowResult]:
        self.calls.append(list(rows))
        return [self._answer(row) for row in rows]

    def _answer(self, row: RowWrite) -> RowResult:
        for target in self.gone:
            if target in json.dumps(row.body):
                error = RecordError("0x80040217", self.message.format(target.upper()))
                return RowResult("rejected", error=error)
        return RowResult("written")


def write(key: str) -> Write:
    """A creation on its way out."""
    names = ("table", "marketo_id", "dynamics_id")
    record = {"record_key": key, "operation": "create", **dict.fromkeys(names)}
    return Write(record, {}, key)


def row(**body: object) -> RowWrite:
    """A contact with both lookups."""
    return RowWrite("create", "contact", ROW, {**BINDS, "lastname": "Ek", **body})


def test_a_missing_target_is_left_out_and_named() -> None:
    refused, server = RefusedLookups(), Server(ACCOUNT)
    good = RowWrite("create", "contact", ROW, {"lastname": "Ny"})
    results = refused.send(server, [write("k1"), write("k2")], [row(), good])
    assert [result.status for result in results] == ["written", "written"]
    [repeated] = server.calls[1]
    assert repeated.body == {"ownerid@odata.bind": f"/systemusers({USER})", "lastname": "Ek"}
    [item] = refused.held(write("k1"))
    [failure] = json.loads(item["failures"])
    assert item["item_key"] == "k1:parentcustomerid"
    assert (failure["field"], failure["rule"]) == ("parentcustomerid", "0x80040217")
    assert refused.held(write("k2")) == []


def test_two_missing_targets_are_left_out_one_after_the_other() -> None:
    refused, server = RefusedLookups(), Server(ACCOUNT, USER)
    [result] = refused.send(server, [write("k1")], [row()])
    assert result.status == "written"
    assert server.calls[-1][0].body == {"lastname": "Ek"}
    keys = {item["item_key"] for item in refused.held(write("k1"))}
    assert keys == {"k1:ownerid", "k1:parentcustomerid"}


def test_another_refusal_is_left_as_it_is() -> None:
    refused, server = RefusedLookups(), Server("Ek", message="The last name {} is refused")
    [result] = refused.send(server, [write("k1")], [row()])
    assert result.status == "rejected"
    assert len(server.calls) == 1
    assert refused.held(write("k1")) == []
