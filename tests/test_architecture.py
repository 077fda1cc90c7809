"""The architecture's promises, kept by reading the source (docs/architecture.md)."""

from __future__ import annotations

import ast

import pytest

from support.imports import Source, below, source, sources

ENGINE = sources("include/leadsync")
SANDBOX = sources("include/leadsync_sandbox")
DAGS = sources("dags")
PRODUCT = sources("include", "plugins", "dags", "scripts", "benchmarks")
ALL = (*PRODUCT, *sources("tests"))
SANDBOX_COMMANDS = "include/leadsync/cli/sandbox.py"
PURE = ("merge", "values", "mapping", "validation")
OUTSIDE_WORLD = (
    *(
        f"leadsync.{name}"
        for name in ("http", "marketo", "dynamics", "state", "staging", "cli", "engine", "cycle")
    ),
    "requests",
    "urllib3",
    "sqlalchemy",
    "alembic",
    "fsspec",
)
HEAVY = ("pandas", "numpy", "pyarrow", "great_expectations", "leadsync")
MOST_LINES = 400
MOST_DAG_LINES = 100


def offenders(files: tuple[Source, ...], *modules: str, lazy: bool = True) -> dict[str, set[str]]:
    found = {file.name: below(file.imports(lazy=lazy), *modules) for file in files}
    return {name: imports for name, imports in found.items() if imports}


def catches_everything(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler stops errors that it does not name; undoing and raising on is fine."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {"" if kind is None else ast.unparse(kind).rpartition(".")[2] for kind in kinds}
    last = handler.body[-1]
    raises_on = isinstance(last, ast.Raise) and last.exc is None
    return bool(names & {"", "Exception"}) or ("BaseException" in names and not raises_on)


def broad_handlers(file: Source) -> list[int]:
    handlers = (node for node in ast.walk(file.tree) if isinstance(node, ast.ExceptHandler))
    return [handler.lineno for handler in handlers if catches_everything(handler)]


def test_the_engine_never_imports_airflow() -> None:
    assert len(ENGINE) > 100
    assert offenders(ENGINE, "airflow", "leadsync_airflow") == {}


def test_the_sandbox_never_imports_the_engine() -> None:
    assert len(SANDBOX) > 50
    assert offenders(SANDBOX, "leadsync", "leadsync_airflow", "airflow") == {}


def test_only_the_sandbox_commands_import_the_sandbox_and_only_when_called() -> None:
    assert set(offenders(ENGINE, "leadsync_sandbox")) == {SANDBOX_COMMANDS}
    assert offenders(ENGINE, "leadsync_sandbox", lazy=False) == {}


@pytest.mark.parametrize("package", PURE)
def test_decisions_know_nothing_of_the_outside_world(package: str) -> None:
    files = sources(f"include/leadsync/{package}")
    assert len(files) > 3
    found = offenders(files, *OUTSIDE_WORLD)
    beyond = {name: names - below(names, "leadsync.state.port") for name, names in found.items()}
    assert {name: names for name, names in beyond.items() if names} == {}


def test_dag_files_are_thin() -> None:
    assert DAGS
    lengths = {file.name: len(file.text.splitlines()) for file in DAGS}
    assert {name: lines for name, lines in lengths.items() if lines >= MOST_DAG_LINES} == {}
    assert offenders(DAGS, *HEAVY, lazy=False) == {}


def test_files_are_short() -> None:
    lengths = {file.name: len(file.text.splitlines()) for file in ALL}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_every_module_says_what_it_is() -> None:
    assert [file.name for file in ALL if not ast.get_docstring(file.tree)] == []


def test_errors_are_caught_by_name() -> None:
    assert {file.name: broad_handlers(file) for file in PRODUCT if broad_handlers(file)} == {}


@pytest.mark.parametrize(
    ("text", "imported"),
    [
        ("import airflow.sdk as sdk", {"airflow.sdk"}),
        ("from airflow import DAG, settings", {"airflow.DAG", "airflow.settings"}),
        ("def f():\n    if True:\n        from airflow.sdk import dag", {"airflow.sdk.dag"}),
        ("async def f():\n    import airflow", {"airflow"}),
        ("import importlib\nimportlib.import_module('airflow')", {"importlib", "airflow"}),
        ("x = lambda: __import__('airflow')", {"airflow"}),
        ("from .port import Link", {"leadsync.state.port.Link"}),
        ("from . import port", {"leadsync.state.port"}),
        ("from ..http import retry", {"leadsync.http.retry"}),
    ],
)
def test_imports_are_found_wherever_they_are(text: str, imported: set[str]) -> None:
    assert source(text, package="leadsync.state").imports() == imported


def test_what_functions_import_is_lazy() -> None:
    text = "import sys\nclass A:\n    import os\ndef f():\n    import pandas"
    assert source(text).imports(lazy=False) == {"sys", "os"}


def test_a_module_is_told_from_its_namesakes() -> None:
    names = {"leadsync.state.port.Link", "leadsync_airflow.tasks", "leadsync"}
    assert below(names, "leadsync") == {"leadsync.state.port.Link", "leadsync"}
    assert below(names, "leadsync.state.por") == set()


@pytest.mark.parametrize(
    ("clause", "broad"),
    [
        ("except:", True),
        ("except Exception:", True),
        ("except (OSError, Exception) as e:", True),
        ("except builtins.BaseException:", True),
        ("except BaseException:\n    undo()\n    raise\nfinally:", False),
        ("except OSError:", False),
        ("except (ValueError, ExceptionGroup):", False),
    ],
)
def test_broad_handlers_are_found(clause: str, broad: bool) -> None:
    assert bool(broad_handlers(source(f"try:\n    f()\n{clause}\n    g()"))) is broad
