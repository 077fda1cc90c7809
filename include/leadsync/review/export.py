"""Quarantined rows as a table, one line per reason, in CSV or Parquet.

CSV is written for spreadsheets: a cell that one would run as a formula is made text by an
apostrophe before it, and characters that break lines in some readers are shown by their code (F16).
Parquet keeps every value as it is.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from leadsync.errors import ConfigurationError
from leadsync.model import Json
from leadsync.review.documents import item_document
from leadsync.state.port import QuarantineRow

COLUMNS = (
    *("id", "status", "direction", "table", "operation", "marketo_id", "dynamics_id"),
    *("person_exists", "field", "rule", "value", "limit", "message", "source"),
    *("attempts", "first_seen", "last_seen", "cycle_id"),
)
_NUMBERS = ("marketo_id", "attempts")
_MOMENTS = ("first_seen", "last_seen")
_FLAGS = ("person_exists",)
#: what spreadsheets take for the beginning of a formula, also in its full-width forms.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001
#: control characters but for tab and line ends, and Unicode's own line and paragraph ends.
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")


def write_export(path: Path, items: Iterable[QuarantineRow]) -> int:
    """Write a file, replacing one of that name when it is complete; returns the number of lines.

    Only the user who runs this may read it: it holds personal data.

    :param path: its ending says the format: ``.csv`` or ``.parquet``.
    :raises ConfigurationError: another ending, or the folder cannot be written.
    """
    write = {".csv": _write_csv, ".parquet": _write_parquet}.get(path.suffix.lower())
    if write is None:
        raise ConfigurationError(
            f"{path} is neither a .csv nor a .parquet file.", remedy="Give one of the two endings."
        )
    lines = list(_lines(items))
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, _NEW_FILE, 0o600), "wb") as file:
            write(file, lines)
        draft.replace(path)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror or error}.",
            remedy="Name a file in a folder that exists and that you may write to.",
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return len(lines)


_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def safe_cell(value: object) -> object:
    """Return a cell that a spreadsheet shows as it is, and never runs."""
    if not isinstance(value, str):
        return value
    shown = _ODD.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
    return f"'{shown}" if shown.lstrip(" ").startswith(_FORMULA) else shown


def _lines(items: Iterable[QuarantineRow]) -> Iterator[Json]:
    for item in items:
        document = item_document(item)
        for failure in document.pop("failures"):
            yield {**document, **failure}


def _write_csv(file: IO[bytes], lines: Iterable[Mapping[str, Any]]) -> None:
    """Write UTF-8 with a byte order mark, by which spreadsheets know it."""
    from io import TextIOWrapper

    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([safe_cell(_as_text(line[name])) for name in COLUMNS])
    text.flush()
    text.detach()


def _as_text(value: object) -> object:
    isoformat = getattr(value, "isoformat", None)
    return isoformat() if isoformat else value


def _write_parquet(file: IO[bytes], lines: Iterable[Mapping[str, Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {
        **dict.fromkeys(_NUMBERS, pa.int64()),
        **dict.fromkeys(_MOMENTS, pa.timestamp("us", tz="UTC")),
        **dict.fromkeys(_FLAGS, pa.bool_()),
    }
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    rows = [{name: _whole(line[name]) for name in COLUMNS} for line in lines]
    pq.write_table(pa.Table.from_pylist(rows, schema), file)


def _whole(value: object) -> object:
    """Replace half characters, which UTF-8 cannot hold."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
