"""``leadsync suites``: the rules as Great Expectations suites, and their files under include/gx."""

from __future__ import annotations

from typing import Any

import click

from leadsync.cli.options import as_json
from leadsync.cli.output import print_json, print_table
from leadsync.cycle.plan.schemas import load_plan
from leadsync.engine import build_engine
from leadsync.gx_project.files import generated_suites as written_suites
from leadsync.gx_project.files import suite_files, write_suites
from leadsync.gx_project.team import TeamSuites
from leadsync.model import Json
from leadsync.validation.library import built_suite
from leadsync.validation.suites import differences, generated_suites


@click.command()
@click.option("--write", is_flag=True, help="Bring the generated files up to date.")
@click.option("--diff", is_flag=True, help="Show how the rules in use differ from the files.")
@as_json
def suites(write: bool, diff: bool, as_json: bool) -> None:
    """Show the suites generated from both systems' metadata, and those of your team.

    Cycles use the rules as they are generated, whatever the files say. The files are for review,
    and for Great Expectations' own tools. Suites of your own are never written.
    """
    engine = build_engine()
    project = engine.settings.gx
    generated = generated_suites(load_plan(engine, refresh=True))
    changes = differences(written_suites(project), generated)
    written = [str(path) for path in write_suites(project, generated)] if write else []
    found: Json = {
        "project": str(project),
        "generated": {name: len(one["expectations"]) for name, one in generated.items()},
        "team": _team(engine.team),
        "off": _off(engine.team, project),
        "differences": changes,
        "written": written,
    }
    if as_json:
        print_json(found)
    elif diff:
        click.echo("\n".join(changes) or f"The files in {project} are up to date.")
    else:
        _print(found)


def _team(team: TeamSuites) -> dict[str, int]:
    """Return the team's suites with their sizes, after the library has looked at each.

    :raises ConfigurationError: Great Expectations refuses one.
    """
    for suite in team.suites():
        built_suite(suite.name, suite.expectations)
    return {suite.name: len(suite.expectations) for suite in team.suites()}


def _off(team: TeamSuites, project: Any) -> list[str]:
    on = {suite.name for suite in team.suites()}
    known = {*on, *written_suites(project)}
    return [name for name in suite_files(project) if name not in known]


def _print(found: Json) -> None:
    changed = {line.split(" ", 2)[1].rstrip(":") for line in found["differences"]}
    rows: list[list[Any]] = [
        [name, "generated", number, "differs" if name in changed else "up to date"]
        for name, number in found["generated"].items()
    ]
    if found["written"]:
        rows = [[*row[:3], "up to date"] for row in rows]
    rows.extend([name, "team", number, "used"] for name, number in found["team"].items())
    rows.extend([name, "team", None, "off"] for name in found["off"])
    print_table(f"Suites in {found['project']}", ("suite", "kind", "expectations", "state"), rows)
    for path in found["written"]:
        click.echo(f"Wrote {path}.")
    if found["differences"] and not found["written"]:
        click.echo(
            f"{len(found['differences'])} rules differ from the files; `leadsync suites --diff` "
            "shows them, `leadsync suites --write` brings the files up to date."
        )
