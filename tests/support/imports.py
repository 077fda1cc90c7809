"""What a source file imports, wherever it does so: at module level, in functions, by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
_IMPORTERS = ("import_module", "__import__")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed Python file.

    :param package: dotted name of the package that relative imports start from.
    """

    path: Path
    package: str
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Path below the repository."""
        return self.path.relative_to(REPOSITORY).as_posix()

    def imports(self, *, lazy: bool = True) -> set[str]:
        """Return dotted names of all that is imported.

        :param lazy: also what functions import when they run.
        """
        nodes = ast.walk(self.tree) if lazy else _outside_functions(self.tree)
        return {name for node in nodes for name in imported_by(node, self.package)}


def imported_by(node: ast.AST, package: str) -> Iterator[str]:
    """Yield the dotted names that one node imports; of ``from a import b`` it is ``a.b``."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        origin = _origin(node, package)
        yield from (f"{origin}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Call) and _called(node) in _IMPORTERS and node.args:
        target = node.args[0]
        if isinstance(target, ast.Constant) and isinstance(target.value, str):
            yield target.value


def _origin(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parents = package.split(".")
    kept = parents[: len(parents) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _FUNCTIONS):
            yield from _outside_functions(child)


def below(names: set[str], *modules: str) -> set[str]:
    """Return those of ``names`` that are one of ``modules`` or inside of one."""
    return {name for name in names if any(f"{name}.".startswith(f"{one}.") for one in modules)}


def source(text: str, path: Path = REPOSITORY / "x.py", package: str = "") -> Source:
    """Return ``text`` parsed as the file at ``path``."""
    return Source(path, package, text, ast.parse(text))


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Return all Python files below folders of the repository."""
    paths = sorted(path for folder in folders for path in (REPOSITORY / folder).rglob("*.py"))
    return tuple(
        source(path.read_text(encoding="utf-8"), path, ".".join(_package(path))) for path in paths
    )


def _package(path: Path) -> tuple[str, ...]:
    """Return the package of a file: its folders below ``include`` or ``plugins``."""
    return path.relative_to(REPOSITORY).parent.parts[1:]
