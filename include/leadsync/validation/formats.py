"""What an e-mail address, a URL and a phone number look like to Dynamics and Marketo.

Dataverse checks formats on forms only, so these are as lenient as its forms (reference/
dataverse-webapi.md 9); Marketo takes ASCII addresses only (reference/marketo-rest.md 6.4).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from email_validator import EmailNotValidError, validate_email

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"(?![A-Za-z0-9]{2}--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#: addresses that are valid beyond doubt; all others go through email-validator.
_PLAIN_EMAIL = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z]{{2,63}}")
_LONGEST_PLAIN_EMAIL = 200
_URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://[^\s/?#]+|[^\s/?#:@]+(?:\.[^\s/?#:@]+)+(?::\d+)?)(?:[/?#]\S*)?",
    re.IGNORECASE,
)


def is_email(value: str) -> bool:
    """Tell whether Dynamics' form would take ``value``; blanks around it do no harm."""
    return _is_address(value.strip())


def is_ascii_email(value: str) -> bool:
    """Tell whether Marketo takes ``value``: it skips the whole record otherwise."""
    return value.isascii() and _is_address(value)


def is_url(value: str) -> bool:
    """Tell whether ``value`` is a URL or a host name with an optional path."""
    return _URL.fullmatch(value.strip()) is not None


def is_phone(value: str) -> bool:
    """Tell whether ``value`` has a digit and stands on one line: all that can be asked of it."""
    return "\n" not in value and any(map(str.isdigit, value))


def _is_address(value: str) -> bool:
    if len(value) <= _LONGEST_PLAIN_EMAIL and _PLAIN_EMAIL.fullmatch(value):
        return True
    try:
        address = validate_email(value, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return False
    return "." in address.domain


#: the check and the name of what is checked, by the format's name in a rule.
FORMATS: dict[str, tuple[Callable[[str], bool], str]] = {
    "Email": (is_email, "e-mail address"),
    "AsciiEmail": (is_ascii_email, "e-mail address in ASCII"),
    "Url": (is_url, "URL"),
    "Phone": (is_phone, "phone number"),
}
