"""The benchmark's rules written by hand: in pandas as one would, and as a pandera schema.

Both return the positions that break each rule, by the rule's key, as leadsync's own check does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.checked_rows import (
    CHOICES,
    CODES,
    DATES,
    FORMATS,
    MULTIPLE,
    NUMBERS,
    REQUIRED,
    TEXTS,
    YES_OR_NO,
)

Found = dict[str, Sequence[int]]

LENGTHS = {**TEXTS, **REQUIRED, **dict.fromkeys(FORMATS, 200)}
PATTERNS = {
    "Email": r"\s*[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,63}\s*",
    "Phone": r"[^\n]*[0-9][^\n]*",
    "Url": r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#]+|[^\s/?#:@]+(?:\.[^\s/?#:@]+)+)"
    r"(?:[/?#]\S*)?\s*",
}
KNOWN = [str(code) for code in CODES]
EARLIEST = "1753-01-01"


def with_pandas(frame: pd.DataFrame) -> Found:
    """Check all rules with vectorised pandas."""
    broken: dict[str, pd.Series[bool]] = {}
    for name, most in LENGTHS.items():
        broken[f"{name}.max_length"] = too_long(frame[name], most)
    for name in REQUIRED:
        broken[f"{name}.required"] = frame[name].isna()
    for name, form in FORMATS.items():
        broken[f"{name}.format"] = ~frame[name].str.fullmatch(PATTERNS[form], na=True)
    for name in CHOICES:
        broken[f"{name}.option"] = frame[name].notna() & ~frame[name].isin(KNOWN)
    broken[f"{MULTIPLE}.option"] = unknown_options(frame[MULTIPLE])
    for name in YES_OR_NO:
        broken[f"{name}.type"] = frame[name].notna() & ~frame[name].isin(["true", "false"])
    for name, (low, high) in NUMBERS.items():
        numbers = pd.to_numeric(frame[name])
        broken[f"{name}.minimum"] = numbers < low
        broken[f"{name}.maximum"] = numbers > high
    for name in DATES:
        broken[f"{name}.minimum"] = frame[name].str.slice(0, 10) < EARLIEST
    return {key: np.flatnonzero(mask.to_numpy(dtype=bool)).tolist() for key, mask in broken.items()}


def too_long(texts: pd.Series[str], most: int) -> pd.Series[bool]:
    """Return where a text has more UTF-16 code units than ``most``."""
    length = texts.str.len()
    long = length > most
    doubtful = ~long & (2 * length > most)
    if doubtful.any():
        pairs = texts[doubtful].str.count("[\U00010000-\U0010ffff]")
        long.loc[doubtful] = (length[doubtful] + pairs) > most
    return long.fillna(False).astype(bool)


def unknown_options(texts: pd.Series[str]) -> pd.Series[bool]:
    """Return where one of several codes is unknown."""
    known = frozenset(KNOWN)
    verdicts = {text: not known.issuperset(text.split(";")) for text in texts.dropna().unique()}
    return texts.map(verdicts).fillna(False).astype(bool)


def pandera_schema() -> Any:
    """Return the rules as a pandera schema for :func:`prepared` frames."""
    import pandera.pandas as pa

    def column(*checks: Any, dtype: Any = "str", nullable: bool = True) -> Any:
        return pa.Column(dtype, list(checks), nullable=nullable)

    def length(name: str) -> Any:
        return pa.Check(lambda s: ~too_long(s, LENGTHS[name]), name=f"{name}.max_length")

    columns = {name: column(length(name), nullable=name not in REQUIRED) for name in LENGTHS}
    for name, form in FORMATS.items():
        matches = pa.Check(
            lambda s, form=form: s.str.fullmatch(PATTERNS[form]), name=f"{name}.format"
        )
        columns[name] = column(length(name), matches)
    for name in CHOICES:
        columns[name] = column(pa.Check.isin(KNOWN, error=f"{name}.option"))
    known = pa.Check(lambda s: ~unknown_options(s), name=f"{MULTIPLE}.option")
    columns[MULTIPLE] = column(known)
    for name in YES_OR_NO:
        columns[name] = column(pa.Check.isin(["true", "false"], error=f"{name}.type"))
    for name, (low, high) in NUMBERS.items():
        bounds = (
            pa.Check.ge(low, error=f"{name}.minimum"),
            pa.Check.le(high, error=f"{name}.maximum"),
        )
        columns[name] = column(*bounds, dtype="float64")
    for name in DATES:
        early = pa.Check(lambda s: s.str.slice(0, 10) >= EARLIEST, name=f"{name}.minimum")
        columns[name] = column(early)
    return pa.DataFrameSchema(columns)


def with_pandera(frame: pd.DataFrame, schema: Any) -> Found:
    """Check all rules with pandera, lazily, so that it names every failing cell."""
    from pandera.errors import SchemaErrors

    typed = frame.assign(**{name: pd.to_numeric(frame[name]).astype("float64") for name in NUMBERS})
    try:
        schema.validate(typed, lazy=True)
    except SchemaErrors as errors:
        cases: Mapping[tuple[str, str], pd.DataFrame] = dict(
            list(errors.failure_cases.groupby(["column", "check"]))
        )
        return {_key(*place): sorted(group["index"].astype(int)) for place, group in cases.items()}
    return {}


def _key(column: str, check: str) -> str:
    return f"{column}.required" if check == "not_nullable" else check
