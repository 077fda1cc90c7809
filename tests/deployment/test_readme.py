"""Every command of the README is run: here in a copy of the repository, or where said."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from leadsync.cli.main import leadsync
from leadsync.connections import dynamics_connection, find_connection, marketo_connection
from support.compose_file import REPOSITORY, load_compose
from support.native_stack import VARIABLES, free_port
from support.readme import README, readme_commands, readme_inline_commands

#: Commands that another test, or CI itself, runs.
ELSEWHERE = {
    "make test": ".ci/run",
    "cp .env.example .env": "tests/deployment/test_compose.py",
    "docker compose up -d --build": "tests/deployment/test_celery.py",
    "docker compose up -d --scale airflow-worker=6": "tests/deployment/test_celery.py",
    "docker compose --profile sandbox up -d --build": "tests/deployment/test_celery.py",
}
STOP = "make down"
TARGETS = r"^([a-z]+):"


def run_here() -> list[str]:
    """Return the commands to run in the copy; stopping and what starts cycles unseen come last."""
    commands = [
        line
        for line in readme_commands()
        if line not in ELSEWHERE and not line.startswith("export")
    ]
    last = [line for line in commands if "backfill create" in line]
    return [line for line in commands if line not in (*last, STOP)] + last


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Path]:
    """The tracked files in a folder of their own; what was started there is stopped."""
    folder = tmp_path / "leadsync"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, folder / name)
    yield folder
    subprocess.run(["make", "down"], cwd=folder, check=False, capture_output=True)


def shell(folder: Path, *commands: str) -> str:
    """Run ``commands`` in one shell that stops at the first that fails; returns the output."""
    script = "\n".join(f"echo {shlex.quote(f'$ {line}')}\n{line}" for line in commands)
    environ = {
        **{name: value for name, value in os.environ.items() if "AIRFLOW" not in name},
        "PYTHON": f"{sys.base_prefix}/bin/python3",
        "PORT": str(free_port()),
        "MARKETO_PORT": str(free_port()),
        "DYNAMICS_PORT": str(free_port()),
        "PEOPLE": "200",
        # Cycles of the schedule would take turns with those of the command line.
        "LEADSYNC_SCHEDULE": "0 * * * *",
    }
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return done.stdout


@pytest.mark.timeout(900)
def test_commands_work_in_a_fresh_copy(copy: Path) -> None:
    commands = run_here()
    assert commands[0] == "make run"
    told = shell(copy, *commands, STOP)
    assert re.search(r"to Marketo +lead +\d+", told)
    assert "log in as admin / admin" in told
    assert "Created backfill Dag run" in told
    assert re.search(r"Stopped \d+ processes", told)


def test_commands_run_elsewhere_are_in_the_readme_and_their_files_exist() -> None:
    assert set(ELSEWHERE) <= set(readme_commands())
    assert all((REPOSITORY / place).exists() for place in ELSEWHERE.values())
    assert "step test" in (REPOSITORY / ".ci" / "run").read_text()


def test_compose_commands_name_what_the_file_has() -> None:
    scaled = next(line for line in readme_commands() if "--scale" in line)
    assert scaled.split("--scale ")[1].split("=")[0] in load_compose(VARIABLES)["services"]
    assert (REPOSITORY / ".env.example").exists()


def test_connections_as_written_are_understood() -> None:
    exports = [line for line in readme_commands() if line.startswith("export ")]
    environ = {}
    for line in exports:
        name, value = line.removeprefix("export ").split("=", 1)
        environ[name] = value.strip("'")
        assert json.loads(environ[name])
    marketo = find_connection("marketo_default", environ)
    dynamics = find_connection("dynamics_default", environ)
    assert marketo
    assert dynamics
    assert marketo_connection(marketo).base_url.startswith("https://123-ABC-456.mktorest.com")
    assert dynamics_connection(dynamics).tenant_id == "00000000-0000-0000-0000-000000000000"


def test_inline_commands_exist() -> None:
    targets = re.findall(TARGETS, (REPOSITORY / "Makefile").read_text(), flags=re.MULTILINE)
    for command in readme_inline_commands():
        program, *words = command.split()
        if program == "make":
            assert words[0] in targets, command
            continue
        group: click.Command = leadsync
        for word in words:
            if isinstance(group, click.Group):
                found = group.get_command(click.Context(group), word)
                assert found, command
                group = found


def test_every_path_and_setting_named_exists() -> None:
    text = README.read_text()
    for path in re.findall(r"`((?:dags|plugins|include|tests|docs|scripts)/[^`*]*)`", text):
        assert (REPOSITORY / path).exists(), path
    for path in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (REPOSITORY / path).exists(), path
    code = "\n".join(
        file.read_text()
        for folder in ("include", "plugins", "scripts")
        for file in (REPOSITORY / folder).rglob("*.py")
    )
    for setting in set(re.findall(r"\bLEADSYNC_[A-Z]+\b", text)):
        assert setting in code, setting
