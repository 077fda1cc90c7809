"""CSV files of the bulk APIs (reference/marketo-rest.md 13.3, 14)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

Row = dict[str, str | None]

#: bytes; an import file of 10 MB is refused.
LARGEST_IMPORT = 9_500_000
#: characters; the attributes of one activity are a single cell.
_LARGEST_CELL = 10_000_000


def file_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of an exported file by column; memory stays flat.

    ``null`` and the empty cell are ``None``. Lines end at LF alone, since texts hold U+2028; NUL
    and CR are dropped.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as lines:
        yield from _rows(lines)


def text_rows(text: str) -> list[Row]:
    """Return the rows of a small file."""
    return list(_rows(io.StringIO(text, newline="\n")))


def csv_parts(
    records: Iterable[Mapping[str, str]], columns: Sequence[str], largest: int = LARGEST_IMPORT
) -> Iterator[bytes]:
    """Yield import files of at most ``largest`` bytes, each with a header row.

    :raises ValueError: a record lacks a column: an empty cell may or may not clear a field.
    """
    head = _line(columns)
    part, size = [head], len(head)
    for position, record in enumerate(records):
        missing = [column for column in columns if not record.get(column)]
        if missing:
            raise ValueError(f"record {position} has no {', '.join(missing)}; use sync_persons")
        line = _line([record[column] for column in columns])
        if size + len(line) > largest and len(part) > 1:
            yield b"".join(part)
            part, size = [head], len(head)
        part.append(line)
        size += len(line)
    if len(part) > 1:
        yield b"".join(part)


def _rows(lines: Iterable[str]) -> Iterator[Row]:
    csv.field_size_limit(_LARGEST_CELL)
    reader = csv.reader(line.replace("\0", "").replace("\r", "") for line in lines)
    header = next(reader, [])
    for cells in reader:
        if cells:
            yield dict(zip(header, map(_value, cells), strict=False))


def _value(cell: str) -> str | None:
    return None if cell in ("", "null") else cell


def _line(cells: Sequence[str]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue().encode()
