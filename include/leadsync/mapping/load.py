"""Reads a mapping file; every problem becomes one message with its place and the right spelling."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from leadsync.errors import MappingError
from leadsync.mapping.document import Lines, read_document
from leadsync.mapping.findings import mapping_error
from leadsync.mapping.model import (
    CompanyEntry,
    FieldEntry,
    Mapping,
    OwnerEntry,
    PolicySettings,
    place,
)
from leadsync.mapping.names import nearest, suggestion
from leadsync.mapping.repeats import repeated_names

_MODELS: dict[str, type[BaseModel]] = {
    "fields": FieldEntry,
    "company": CompanyEntry,
    "owner": OwnerEntry,
    "policies": PolicySettings,
}
_SHAPES = {
    "tuple_type": "a list",
    "model_type": "keys with values",
    "string_type": "text; put it in quotes",
}
_REMEDY = "Correct the mapping file; include/config/mapping.schema.json describes it."


def load_mapping(path: str | Path) -> Mapping:
    """Read and check a mapping file.

    :raises MappingError: the file is missing, is no YAML or does not have the shape of a mapping;
        the message lists every problem with its line.
    """
    source = Path(path)
    content, lines = _read(source)
    if not isinstance(content, dict):
        raise MappingError(
            f"{source} holds no mapping.", remedy="It needs a list under `fields:`. " + _REMEDY
        )
    try:
        mapping = Mapping.model_validate(content).read_from(str(source), lines)
    except ValidationError as error:
        problems = [_problem(item, str(source), content, lines) for item in error.errors()]
        raise mapping_error(problems) from error
    if problems := repeated_names(mapping):
        raise mapping_error(problems)
    return mapping


def _read(source: Path) -> tuple[Any, Lines]:
    try:
        return read_document(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise MappingError(
            f"The mapping file {source} cannot be read: {error.strerror}.",
            remedy="Set LEADSYNC_MAPPING to a mapping file, such as include/config/mapping.yaml.",
        ) from error
    except UnicodeDecodeError as error:
        raise MappingError(
            f"{source} is not UTF-8 at byte {error.start}.", remedy="Save the file as UTF-8."
        ) from error
    except yaml.YAMLError as error:
        raise MappingError(f"{source}{_yaml_problem(error)}", remedy=_REMEDY) from error


def _yaml_problem(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f" line {mark.line + 1}, column {mark.column + 1}: {error.problem}."
    return f" is no YAML: {error}."


def _problem(item: Any, source: str, content: Any, lines: Lines) -> str:
    """Turn one finding of pydantic into a sentence that names place, entry and remedy."""
    path = _path_in_file(tuple(item["loc"]), content)
    where = place(source, lines, path) + _entry_name(path, content)
    wrong = path[-1] if path else ""
    found = json.dumps(item["input"], ensure_ascii=False, default=str)
    match item["type"]:
        case "extra_forbidden" | "invalid_key":
            known = _known_keys(path)
            return f'{where}: unknown key "{wrong}"{suggestion(nearest(str(wrong), known))}'
        case "missing":
            return f'{where}: the key "{wrong}" is missing'
        case "literal_error":
            expected = item["ctx"]["expected"]
            likely = nearest(str(item["input"]), _quoted(expected))
            return f"{where}: {found} is not one of {expected}{suggestion(likely)}"
        case "value_error":
            return f"{where}: {item['ctx']['error']}"
        case kind if kind in _SHAPES:
            return f"{where}: should be {_SHAPES[kind]} (found {found})"
        case _:
            return f"{where}: {item['msg']} (found {found})"


def _path_in_file(path: tuple[str | int, ...], content: Any) -> tuple[str | int, ...]:
    """Drop what pydantic adds to a path for unions: parts that the file does not have."""
    inside: Any = content
    for depth, part in enumerate(path):
        try:
            inside = inside[part]
        except (KeyError, IndexError, TypeError):
            return path if depth == len(path) - 1 and isinstance(inside, dict) else path[:depth]
    return path


def _entry_name(path: tuple[str | int, ...], content: Any) -> str:
    match path:
        case (str() as section, int() as position, *_):
            entry = content[section][position]
            name = entry.get("marketo") if isinstance(entry, dict) else None
            return f" ({name})" if name else ""
    return ""


def _known_keys(path: tuple[str | int, ...]) -> list[str]:
    model = _MODELS.get(str(path[0]), Mapping) if len(path) > 1 else Mapping
    return list(model.model_fields)


def _quoted(expected: str) -> list[str]:
    return expected.split("'")[1::2]
