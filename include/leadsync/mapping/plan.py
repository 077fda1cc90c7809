"""A mapping resolved against the schemas of both systems: what the cycle works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from leadsync.model import Direction, DynamicsColumn, DynamicsTable, MarketoField, Table

Rule = Literal[
    "type_rule",
    "marketo_wins",
    "dynamics_wins",
    "newest_wins",
    "non_empty_wins",
    "most_restrictive",
]
FieldDirection = Literal["both", "to_marketo", "to_dynamics", "off"]
OnInvalid = Literal["hold_record", "hold_field", "truncate", "default_on_create", "warn"]
RuleId = Literal[
    "required", "type", "option", "max_length", "max_bytes", "format", "minimum", "maximum"
]
#: what adds up in merges unless the mapping says otherwise (S097); left out where it is missing.
DEFAULT_SUMMED = ("leadScore",)
#: one policy for all rules of a field, or one for each of the rules that are named.
OnInvalidByRule: TypeAlias = OnInvalid | Mapping[RuleId, OnInvalid]


def policy_of(on_invalid: OnInvalidByRule, rule: RuleId) -> OnInvalid:
    """Return what a failure of ``rule`` does.

    Where the rule is not named, an unknown option holds its field (S059), all else the record.
    """
    if isinstance(on_invalid, str):
        return on_invalid
    return on_invalid.get(rule, "hold_field" if rule == "option" else "hold_record")


class Converter(Protocol):
    """Turns raw JSON values of both systems into canonical text and back (docs/architecture.md).

    Reading is total: what cannot be expressed comes back with the invalid mark. Writing is only
    called with valid canonical values.
    """

    def from_marketo(self, raw: object) -> str | None: ...

    def from_dynamics(self, raw: object) -> str | None: ...

    def to_marketo(self, value: str | None) -> object: ...

    def to_dynamics(self, value: str | None) -> object: ...


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """One mapped field on one table.

    :param name: the field's name in all frames, the Marketo REST name.
    :param column: the Dynamics column; ``field`` the Marketo field.
    :param comparable: canonical value to the form that is compared (normalisers, truncation); the
        marks for absent and invalid pass through unchanged.
    :param via: the lookup column of the table whose target holds ``column``, for company and owner
        fields; ``None`` for a column of the table itself.
    """

    name: str
    table: Table
    field: MarketoField
    column: DynamicsColumn
    direction: FieldDirection
    rule: Rule
    on_invalid: OnInvalidByRule
    converter: Converter
    comparable: Callable[[str | None], str | None]
    default_on_create: str | None = None
    via: str | None = None

    def flows(self, direction: Direction) -> bool:
        """Tell whether changes go in ``direction``."""
        return self.direction in ("both", direction)


@dataclass(frozen=True, slots=True, eq=False)
class TablePlan:
    """All mapped fields of one table, in the order of the mapping file.

    Its own columns come first, then company and owner fields, which come through a lookup. Tables
    are told apart by identity, as plans are.

    :ivar own: the fields that are columns of this table.
    :ivar by_name: all fields by their names.
    """

    table: Table
    schema: DynamicsTable
    fields: tuple[FieldPlan, ...]
    own: tuple[FieldPlan, ...] = field(init=False, repr=False)
    by_name: Mapping[str, FieldPlan] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        own = tuple(plan for plan in self.fields if plan.via is None)
        object.__setattr__(self, "own", own)
        object.__setattr__(self, "by_name", {plan.name: plan for plan in self.fields})

    @property
    def lookups(self) -> tuple[str, ...]:
        """The lookup columns through which company and owner fields come."""
        return tuple(dict.fromkeys(plan.via for plan in self.fields if plan.via is not None))


@dataclass(frozen=True, slots=True)
class RelatedField:
    """A field of an account or user that is copied to its people, Dynamics to Marketo only.

    :param when_team: shown instead when a team owns the record, in canonical form.
    """

    name: str
    field: MarketoField
    column: DynamicsColumn
    on_invalid: OnInvalidByRule
    converter: Converter
    comparable: Callable[[str | None], str | None]
    when_team: str | None = None


@dataclass(frozen=True, slots=True)
class RelatedPlan:
    """All mapped fields of ``account`` (``company:``) or ``systemuser`` (``owner:``).

    :param teams: the table of teams, which own records too; ``None`` for accounts.
    :param team_field: the field that shows a team's name (S106), if there is a text field.
    """

    schema: DynamicsTable
    fields: tuple[RelatedField, ...]
    teams: DynamicsTable | None = None
    team_field: str | None = None


@dataclass(frozen=True, slots=True)
class Policies:
    """Settings of the mapping file's ``policies:`` (product.md, Shapes)."""

    match_before_create: Literal["email", "off"] = "email"
    on_marketo_delete: Literal["recreate", "suppress", "deactivate"] = "recreate"
    on_dynamics_merge: Literal["report", "merge", "unlink", "deactivate"] = "report"
    on_marketo_merge: Literal["report", "merge", "unlink", "deactivate"] = "report"
    on_account_removed: Literal["clear", "keep"] = "clear"
    lookup_wait_cycles: int = 5
    on_email_taken: Literal["report", "create"] = "report"
    require_email: bool = False
    sum_on_merge: tuple[str, ...] = DEFAULT_SUMMED
    default_owner: str | None = None
    on_disabled_owner: Literal["default_owner", "refuse"] = "default_owner"
    match_account: Literal["off", "website"] = "off"
    contact_for_lead: Literal["refuse", "qualify"] = "refuse"
    mass_delete_share: float = 0.2
    mass_delete_count: int = 5_000
    deactivate_limit: int = 50
    breaker_share: float = 0.5
    breaker_count: int = 5_000
    breaker_batches: int = 3
    degraded_share: float = 0.1
    settle_seconds: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class SyncPlan:
    """What is synchronised, by table. Plans are told apart by identity.

    :param names: every mapped field name, in mapping order, without repeats.
    :ivar feed_names: those of ``names`` whose changes in Marketo matter: not company and owner
        fields, which never flow to Dynamics.
    :param rules_hash: changes when mapping, schemas or rules change; quarantine items made under
        another hash are tried again.
    :param notes: remarks for the user, such as a direction that was narrowed (S071).
    :param suspended: fields left out because their column or field is gone or has changed its type
        since the schemas that the caller knew before (S117, S118); each names what to do.
    """

    tables: Mapping[Table, TablePlan]
    names: tuple[str, ...]
    policies: Policies
    rules_hash: str
    notes: tuple[str, ...] = ()
    suspended: tuple[str, ...] = ()
    company: RelatedPlan | None = None
    owner: RelatedPlan | None = None
    feed_names: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        own = {plan.name for table in self.tables.values() for plan in table.own}
        feed_names = tuple(name for name in self.names if name in own)
        object.__setattr__(self, "feed_names", feed_names)
