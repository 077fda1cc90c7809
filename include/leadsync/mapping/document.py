"""YAML documents with the line of every entry, read by YAML 1.2's idea of what a word means.

YAML 1.1 reads ``off`` as false, ``12:30`` as a number and ``2025-03-30`` as a date; a mapping file
means the words. Repeated keys, which YAML silently overwrites, are refused.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

Lines = dict[tuple[str | int, ...], int]


class _Loader(yaml.SafeLoader):
    """Safe loader with YAML 1.2 scalars."""


_Loader.yaml_implicit_resolvers = {}
_SCALARS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?", "-+0123456789"),
)
for _tag, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )


def read_document(text: str) -> tuple[Any, Lines]:
    """Parse one YAML document.

    :returns: its content, and the line (from 1) of every entry by path of keys and positions.
    :raises yaml.YAMLError: the text is no YAML, or a key is given twice; knows line and column.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: Lines = {}
        if node is None:
            return None, lines
        _note_lines(node, (), lines)
        return loader.construct_document(node), lines
    finally:
        loader.dispose()


def _note_lines(
    node: yaml.Node, path: tuple[str | int, ...], lines: Lines, around: tuple[yaml.Node, ...] = ()
) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if any(node is outer for outer in around):
        raise _refusal("an entry contains itself", node)
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            _note_lines(item, (*path, position), lines, (*around, node))
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            if inner in lines:
                raise _refusal(f'the key "{key.value}" is given twice', key)
            lines[inner] = key.start_mark.line + 1
            _note_lines(value, inner, lines, (*around, node))


def _refusal(problem: str, node: yaml.Node) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
