"""The ``Prefer`` request header (reference/dataverse-webapi.md 2.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

MAX_PAGE = 5000
_PART = re.compile(r"""\s*([\w.\-]+)(?:\s*=\s*("[^"]*"|[^,;]*))?\s*(?:[,;]|$)""")


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the client would like.

    :param page_size: rows per page, at most 5000; ``None`` when not asked for.
    :param annotations: patterns of annotation names, such as ``*``.
    """

    representation: bool = False
    page_size: int | None = None
    annotations: tuple[str, ...] = ()
    track_changes: bool = False
    continue_on_error: bool = False

    @property
    def applied(self) -> dict[str, str]:
        """The ``Preference-Applied`` response header, if any preference was honoured."""
        parts = []
        if self.representation:
            parts.append("return=representation")
        if self.track_changes:
            parts.append("odata.track-changes")
        if self.page_size:
            parts.append(f"odata.maxpagesize={self.page_size}")
        if self.annotations:
            parts.append(f'odata.include-annotations="{",".join(self.annotations)}"')
        return {"Preference-Applied": ",".join(parts)} if parts else {}

    def wants(self, annotation: str) -> bool:
        """Tell whether an annotation was asked for; ``-name`` excludes it."""
        excluded = any(_fits(p[1:], annotation) for p in self.annotations if p.startswith("-"))
        return not excluded and any(_fits(p, annotation) for p in self.annotations)


def parse_preferences(headers: Mapping[str, str]) -> Preferences:
    """Read the preferences of a request; unknown ones are ignored."""
    found: dict[str, str] = {}
    for name, value in _PART.findall(headers.get("prefer", "")):
        found[name.lower()] = value.strip().strip('"')
    size = found.get("odata.maxpagesize", found.get("maxpagesize", ""))
    listed = found.get("odata.include-annotations", "")
    return Preferences(
        representation=found.get("return") == "representation",
        page_size=min(int(size), MAX_PAGE) if size.isdigit() and int(size) > 0 else None,
        annotations=tuple(part.strip() for part in listed.split(",") if part.strip()),
        track_changes="odata.track-changes" in found,
        continue_on_error=found.get("odata.continue-on-error", "false") != "false",
    )


def _fits(pattern: str, name: str) -> bool:
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return pattern == name
