"""The field or column that a server's message is about, where it can be told.

Forms of messages: reference/dataverse-webapi.md 9 and 20, reference/marketo-rest.md 4.5.
"""

from __future__ import annotations

import re

_NAME = r"([A-Za-z_][A-Za-z0-9_]*)"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"'{_NAME}' attribute\b",
        rf"\bof '{_NAME}' on record of type\b",
        rf"\bfor [a-z_]+\.{_NAME}\. The value\b",
        rf"\bRequired field '{_NAME}'",
        rf"\b[Pp]roperty '{_NAME}'",
        rf"\b[Ff]ield '{_NAME}'",
    )
)


def named_field(message: str) -> str:
    """Return the name of the field that the message is about, or nothing."""
    for form in _FORMS:
        found = form.search(message)
        if found is not None:
            return found[1]
    return ""
