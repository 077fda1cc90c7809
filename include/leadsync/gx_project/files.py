"""Reads and writes the project's suites: JSON that people review.

Generated suites are for review, checkpoints and Data Docs. A cycle checks what it generates from
the metadata itself and never depends on these files; of the team's suites it reads what is here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from leadsync.errors import ConfigurationError
from leadsync.model import Json
from leadsync.validation.documents import GENERATED

EXPECTATIONS = "expectations"
PLUGINS = "plugins"


def suite_files(project: Path) -> dict[str, tuple[Path, Json]]:
    """Return all suites of a project by name, with their files.

    :raises ConfigurationError: a file holds no JSON object.
    """
    found: dict[str, tuple[Path, Json]] = {}
    for path in sorted((project / EXPECTATIONS).glob("*.json")):
        document = _read(path)
        found[str(document.get("name") or path.stem)] = (path, document)
    return found


def generated_suites(project: Path) -> dict[str, Json]:
    """Return the suites that leadsync wrote."""
    files = suite_files(project)
    return {name: document for name, (_, document) in files.items() if is_generated(document)}


def team_documents(project: Path) -> Iterator[tuple[str, Json]]:
    """Yield the team's suites with the names of their files."""
    for path, document in suite_files(project).values():
        if not is_generated(document):
            yield path.name, document


def is_generated(document: Mapping[str, object]) -> bool:
    """Tell whether leadsync wrote the suite; only such a suite is ever overwritten."""
    meta = document.get("meta")
    scope = meta.get("leadsync") if isinstance(meta, dict) else None
    return isinstance(scope, dict) and scope.get("kind") == GENERATED


def write_suites(project: Path, documents: Mapping[str, Json]) -> list[Path]:
    """Write generated suites that are new or differ, remove those that are gone.

    :returns: the files that changed.
    :raises ConfigurationError: a suite of the team has the name of a generated one.
    """
    files = suite_files(project)
    changed: list[Path] = []
    for name, document in documents.items():
        path, present = files.get(name, (project / EXPECTATIONS / f"{name}.json", None))
        if present is not None and not is_generated(present):
            raise ConfigurationError(
                f"{path} has the name of a generated suite, {name}, and is not one.",
                remedy="Give your own suite another name; generated ones may be overwritten.",
            )
        if present != document:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(suite_text(document), encoding="utf-8")
            changed.append(path)
    for name, (path, present) in files.items():
        if is_generated(present) and name not in documents:
            path.unlink()
            changed.append(path)
    return changed


def suite_text(document: Json) -> str:
    """Return a suite as its file holds it."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def team_code(project: Path) -> list[Path]:
    """Return the team's Python files with suites or expectations."""
    return sorted(path for path in (project / PLUGINS).glob("*.py"))


def fingerprint(paths: Iterable[Path], documents: Iterable[Json]) -> str:
    """Return a hash that changes with the team's rules; empty when there are none."""
    parts = [path.read_bytes() for path in paths]
    parts.extend(json.dumps(one, sort_keys=True).encode() for one in documents)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16] if parts else ""


def _read(path: Path) -> Json:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"The suite {path} cannot be read: {error}.", remedy="Correct the file, or remove it."
        ) from error
    if not isinstance(document, dict):
        raise ConfigurationError(
            f"The suite {path} holds no JSON object.", remedy="Correct the file, or remove it."
        )
    return document
