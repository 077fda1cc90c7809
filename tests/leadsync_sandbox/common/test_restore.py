"""A stand-in that returns to a state that was kept."""

from __future__ import annotations

from support.sandbox import RunningSandbox


def test_records_and_schema_return_to_what_was_kept(dynamics_sandbox: RunningSandbox) -> None:
    control, sandbox = dynamics_sandbox.control, dynamics_sandbox.sandbox
    row = control.edit("create", table="lead", fields={"lastname": "Ek"})
    kept = sandbox.database.copy()
    control.edit("update", table="lead", id=row, fields={"lastname": "Ny"})
    control.edit("drop_column", table="lead", column="jobtitle")
    sandbox.restore(kept)
    control.edit("update", table="lead", id=row, fields={"jobtitle": "CTO"})
    stored = next(r for r in control.records("lead") if r["leadid"] == row)
    assert (stored["lastname"], stored["jobtitle"]) == ("Ek", "CTO")


def test_what_is_kept_stays_as_it_was(marketo_sandbox: RunningSandbox) -> None:
    control, sandbox = marketo_sandbox.control, marketo_sandbox.sandbox
    kept = sandbox.database.copy()
    for _ in range(2):
        control.edit("create", fields={"lastName": "Ek"})
        assert len(control.records("leads")) == 1
        sandbox.restore(kept)
        assert control.records("leads") == []
