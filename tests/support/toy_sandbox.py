"""A minimal stand-in that exercises the shared plumbing alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leadsync_sandbox.common.calls import Answer, Call, json_answer
from leadsync_sandbox.common.sandbox import ControlError, Json, Sandbox

SCHEMA = "CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT NOT NULL);"


class ToySandbox(Sandbox):
    """Keeps notes: ``POST /notes`` stores the body, ``GET /notes`` lists them."""

    name = "toy"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, schema=SCHEMA, defaults={"greeting": "hello", "limit": 3.0})
        self.tokens_expired = 0
        self.lags: list[float] = []

    def classify(self, call: Call) -> str:
        return "token" if call.path == "/token" else "write" if call.method == "POST" else "read"

    def answer(self, call: Call) -> Answer:
        self.lags.append(call.activity_lag)
        if call.method == "POST":
            self._store(call.body.decode())
        return json_answer({"notes": [row["text"] for row in self.records("notes", {})]})

    def _store(self, text: str) -> int:
        self.database.run("INSERT INTO note (text) VALUES (?)", (text,))
        return int(self.database.value("SELECT max(id) FROM note"))

    def error_answer(self, params: Mapping[str, Any]) -> Answer:
        return Answer(params["status"], params.get("headers", {}), b"no", ("toy",))

    def expire_tokens(self) -> None:
        self.tokens_expired += 1

    def edit(self, edit: Json) -> Json:
        if edit.get("operation") != "create":
            raise ControlError("Notes can only be created.")
        return {"id": self._store(edit["fields"]["text"])}

    def records(self, kind: str, query: Mapping[str, str]) -> list[Json]:
        if kind != "notes":
            raise ControlError(f"There are no {kind}.")
        return [dict(row) for row in self.database.rows("SELECT * FROM note ORDER BY id")]

    def load(self, records: Mapping[str, list[Json]], *, log: bool) -> Json:
        for row in records["notes"]:
            self._store(row["text"])
        return {"notes": len(records["notes"])}
