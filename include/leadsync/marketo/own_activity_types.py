"""leadsync's own custom activity types: what they are called and what they hold (semantics.md 7).

The primary attribute names the item in quarantine. It tells one activity from all others, so that a
call whose answer was lost can be checked before it is repeated (reference/marketo-rest.md 9).
"""

from __future__ import annotations

from typing import Final

from leadsync.marketo.activity_types import NewActivityType, TypeAttribute
from leadsync.model import MARKETO_SYNC_FAILED, MARKETO_SYNC_RECOVERED

_REFERENCE = TypeAttribute("reference", "Reference")
_FIELD = TypeAttribute("field", "Field")
_ABOUT_THE_WRITE = (
    TypeAttribute("operation", "Operation"),
    TypeAttribute("direction", "Direction"),
    TypeAttribute("cycle", "Cycle"),
)

OWN_ACTIVITY_TYPES: Final = (
    NewActivityType(
        MARKETO_SYNC_FAILED,
        "Dynamics Sync Failed",
        trigger_name="Fails to Sync with Dynamics",
        filter_name="Failed to Sync with Dynamics",
        primary=_REFERENCE,
        attributes=(
            _FIELD,
            TypeAttribute("rule", "Rule"),
            TypeAttribute("message", "Message", "text"),
            *_ABOUT_THE_WRITE,
        ),
        description="A value of this person was not synchronised, and why",
    ),
    NewActivityType(
        MARKETO_SYNC_RECOVERED,
        "Dynamics Sync Recovered",
        trigger_name="Recovers in Dynamics Sync",
        filter_name="Recovered in Dynamics Sync",
        primary=_REFERENCE,
        attributes=(_FIELD, *_ABOUT_THE_WRITE),
        description="What failed before was synchronised now",
    ),
)
