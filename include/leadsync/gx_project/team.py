"""The team's suites of a project, from JSON and from code, as every cycle uses them."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from leadsync.errors import ConfigurationError
from leadsync.gx_project.files import fingerprint, team_code, team_documents
from leadsync.validation.model import Failure
from leadsync.validation.team import TeamSuite, read_suite
from leadsync.validation.team_check import TeamBatch, check_team


@dataclass(slots=True)
class TeamSuites:
    """The team's rules.

    :param fingerprint: changes with the rules, so that quarantined rows are tried again.
    """

    stated: Sequence[TeamSuite] = ()
    code: Sequence[Path] = ()
    fingerprint: str = ""
    _coded: list[TeamSuite] | None = field(default=None, init=False)

    def check(self, batch: TeamBatch) -> list[Failure]:
        """Return every cell that breaks an expectation of the team."""
        return check_team(batch, self.suites()) if self.stated or self.code else []

    def suites(self) -> list[TeamSuite]:
        """Return all suites that are enabled; imports Great Expectations when there is code.

        :raises ConfigurationError: a file of the team does not fit.
        """
        if self._coded is None:
            self._coded = [suite for path in self.code for suite in _coded_suites(path)]
        return [*self.stated, *self._coded]


def load_team(project: Path) -> TeamSuites:
    """Return the team's suites below ``project``; code is not imported yet.

    :raises ConfigurationError: a suite's ``meta`` is incomplete.
    """
    documents = list(team_documents(project))
    read = [(document, read_suite(document, source)) for source, document in documents]
    stated = [(document, suite) for document, suite in read if suite is not None]
    code = team_code(project)
    return TeamSuites(
        [suite for _, suite in stated],
        code,
        fingerprint(code, (document for document, _ in stated)),
    )


def _coded_suites(path: Path) -> Iterable[TeamSuite]:
    module = _module(path)
    make = getattr(module, "suites", None)
    for suite in make() if callable(make) else ():
        document: dict[str, Any] = suite.to_json_dict()
        read = read_suite(document, path.name)
        if read is not None:
            yield read


def _module(path: Path) -> ModuleType:
    """Import a file of the team under a name of its own; its errors are told with their file."""
    spec = importlib.util.spec_from_file_location(f"leadsync_team_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"{path} cannot be imported.", remedy="Correct or remove it.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (ImportError, SyntaxError, NameError, AttributeError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"{path} fails when it is imported: {type(error).__name__}: {error}.",
            remedy="Correct the file; it must define suites(), a list of expectation suites.",
        ) from error
    return module
