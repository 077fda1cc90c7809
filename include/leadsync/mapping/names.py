"""The nearest right name to a wrong one, for messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

_LIKENESS = 0.7


def nearest(wrong: str, names: Iterable[str]) -> str | None:
    """Return the name most like ``wrong`` without regard to case, if one is near."""
    by_fold = {name.casefold(): name for name in names}
    found = get_close_matches(wrong.casefold(), by_fold, n=1, cutoff=_LIKENESS)
    return by_fold[found[0]] if found else None


def nearest_by_label(wrong: str, labels: Mapping[str, str]) -> str | None:
    """Return the name most like ``wrong``, which may be meant as name or display name.

    :param labels: display name by name.
    """
    by_label = {label.casefold(): name for name, label in labels.items()}
    exact = by_label.get(wrong.casefold())
    if exact is not None:
        return exact
    by_name = nearest(wrong, labels)
    if by_name is not None:
        return by_name
    label = nearest(wrong, by_label)
    return by_label[label] if label is not None else None


def suggestion(name: str | None) -> str:
    """Return the half-sentence that offers ``name``."""
    return f'; did you mean "{name}"?' if name else ""
