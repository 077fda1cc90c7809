"""What an e-mail address, a URL and a phone number look like to Dynamics and Marketo.

Dataverse checks formats on forms only, so these are as lenient as its forms (reference/
dataverse-webapi.md 9); Marketo takes ASCII addresses only (reference/marketo-rest.md 6.4).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"
_SURE_EMAIL = rf"^{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z]{{2,63}}$"
_EMAIL_LIKE = r'"|^ *[^@ ]+@[^@ ]+\.[^@ ]+ *$'
_SURE_URL = (
    r'^(?:[A-Za-z][A-Za-z0-9+.-]*://[!"$-.0->@-~]+|'
    r'[!"$-.0-9;->A-~]+(?:\.[!"$-.0-9;->A-~]+)+(?::[0-9]+)?)(?:[/?#][!-~]*)?$'
)
_SURE_PHONE = r"^[^\n]*[0-9][^\n]*$"
_URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://[^\s/?#]+|[^\s/?#:@]+(?:\.[^\s/?#:@]+)+(?::\d+)?)(?:[/?#]\S*)?",
    re.IGNORECASE,
)
#: an address within this length has a local part and labels within theirs (64 and 63).
_LONGEST_SURE_EMAIL = 64


@dataclass(frozen=True, slots=True)
class Format:
    """A format, and patterns that decide plain cases of a whole column at once.

    The patterns are in the common ground of Python and RE2.

    :param name: what such a value is called.
    :param is_valid: decides every value.
    :param sure: what matches, within ``longest_sure`` characters, is valid.
    :param possible: printable ASCII that does not match is invalid.
    """

    name: str
    is_valid: Callable[[str], bool]
    sure: str
    possible: str
    longest_sure: int | None = None


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


_SURELY_EMAIL = re.compile(_SURE_EMAIL)


def _is_address(value: str) -> bool:
    if len(value) <= _LONGEST_SURE_EMAIL and _SURELY_EMAIL.fullmatch(value):
        return True
    try:
        address = validate_email(value, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return False
    return "." in address.domain


#: by the format's name in a rule.
FORMATS: dict[str, Format] = {
    "Email": Format("e-mail address", is_email, _SURE_EMAIL, _EMAIL_LIKE, _LONGEST_SURE_EMAIL),
    "AsciiEmail": Format(
        "e-mail address in ASCII", is_ascii_email, _SURE_EMAIL, _EMAIL_LIKE, _LONGEST_SURE_EMAIL
    ),
    "Url": Format("URL", is_url, _SURE_URL, r"://|\."),
    "Phone": Format("phone number", is_phone, _SURE_PHONE, "[0-9]"),
}
