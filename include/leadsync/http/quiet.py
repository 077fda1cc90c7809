"""Keeps query strings, which carry secrets and e-mail addresses, out of urllib3's debug log."""

from __future__ import annotations

import logging


class QueryFilter(logging.Filter):
    """Cuts every logged URL at its question mark."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_cut(argument) for argument in record.args)
        return True


def _cut(argument: object) -> object:
    return argument.split("?", 1)[0] if isinstance(argument, str) else argument


_FILTER = QueryFilter()


def silence_queries() -> None:
    """Install the filter; calling it again changes nothing."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry", "urllib3.connection"):
        logging.getLogger(name).addFilter(_FILTER)
