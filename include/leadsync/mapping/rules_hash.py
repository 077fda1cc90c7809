"""A fingerprint of everything that decides what is valid: mapping, schemas, rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from leadsync.mapping.model import Mapping
from leadsync.mapping.plan import FieldPlan
from leadsync.model import DynamicsColumn, Json, MarketoField, OptionValue

#: raised whenever the rules of ``validation/`` judge a value differently than before.
RULES_VERSION = 1


def rules_hash(mapping: Mapping, fields: Iterable[FieldPlan]) -> str:
    """Return 16 hex digits that stay the same as long as nothing would be judged differently."""
    document = {
        "version": RULES_VERSION,
        "mapping": mapping.model_dump(mode="json"),
        "fields": [
            [plan.table, plan.direction, _shape(plan.field), _shape(plan.column)] for plan in fields
        ],
    }
    text = json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=_shape
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _shape(shape: MarketoField | DynamicsColumn | OptionValue) -> Json:
    """Return the attributes; ``asdict`` would copy whatever is inside, slowly."""
    return {name: getattr(shape, name) for name in shape.__slots__}
