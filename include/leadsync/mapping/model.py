"""The mapping file's shape: fields, company and owner fields, policies (product.md, Shapes)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from leadsync.mapping.plan import DEFAULT_SUMMED, FieldDirection, OnInvalid, Rule, RuleId
from leadsync.model import Table
from leadsync.values.compare import NORMALISERS, Normaliser

Section = Literal["fields", "company", "owner"]
SECTIONS: tuple[Section, ...] = get_args(Section)
Scalar = bool | int | float | str


def _one_value(value: Any) -> Any:
    if isinstance(value, list | dict):
        raise PydanticCustomError("one_value", "should be one value")
    return value


def _one_or_by_rule(value: Any) -> str:
    return "by_rule" if isinstance(value, dict) else "one"


def _as_list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


_ONE_NORMALISER = {"type": "string", "enum": list(NORMALISERS)}
Normalise = Annotated[
    tuple[Normaliser, ...],
    BeforeValidator(_as_list),
    WithJsonSchema({"anyOf": [_ONE_NORMALISER, {"type": "array", "items": _ONE_NORMALISER}]}),
]
Name = Annotated[str, Field(min_length=1)]
RelatedPolicy = Literal["hold_record", "hold_field", "truncate"]
OnInvalidSetting = Annotated[
    Annotated[OnInvalid, Tag("one")] | Annotated[dict[RuleId, OnInvalid], Tag("by_rule")],
    Discriminator(_one_or_by_rule),
]
RelatedOnInvalid = Annotated[
    Annotated[RelatedPolicy, Tag("one")] | Annotated[dict[RuleId, RelatedPolicy], Tag("by_rule")],
    Discriminator(_one_or_by_rule),
]
_ON_INVALID = (
    "What a failing value holds back, or what each of some rules does; where nothing is said, an "
    "unknown option holds its field and everything else the record."
)
Share = Annotated[float, Field(gt=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldEntry(_Strict):
    """One Marketo field and its column on leads, contacts or both."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["lead"]}, {"required": ["contact"]}]}
    )

    marketo: Name = Field(description="REST name of the Marketo field.")
    lead: Name | None = Field(None, description="Logical name of the lead column.")
    contact: Name | None = Field(None, description="Logical name of the contact column.")
    direction: FieldDirection = Field("both", description="Where changes go.")
    rule: Rule = Field("type_rule", description="Who wins when both sides changed.")
    on_invalid: OnInvalidSetting = Field({}, description=_ON_INVALID)
    normalise: Normalise = Field((), description="What a comparison ignores.")
    when_null: bool = Field(
        False, description="What a yes/no column without a value means; Marketo knows no null."
    )
    default_on_create: Annotated[Scalar | None, BeforeValidator(_one_value)] = Field(
        None, description="Written when a record is created without a value, as Marketo shows it."
    )

    @model_validator(mode="after")
    def _is_complete(self) -> FieldEntry:
        if self.lead is None and self.contact is None:
            raise ValueError("needs `lead` or `contact` (or both): a column to synchronise with")
        policies = (
            [self.on_invalid] if isinstance(self.on_invalid, str) else self.on_invalid.values()
        )
        if "default_on_create" in policies and self.default_on_create is None:
            raise ValueError("says `on_invalid: default_on_create` without a `default_on_create`")
        return self

    def column(self, table: Table) -> str | None:
        """Return the column that this entry maps on ``table``."""
        return self.lead if table == "lead" else self.contact


class RelatedEntry(_Strict):
    """One Marketo field that shows a value of a person's account or owner."""

    marketo: Name = Field(description="REST name of the Marketo field.")
    direction: Literal["to_marketo", "off"] = Field(
        "to_marketo", description="Accounts and users are never written."
    )
    rule: Literal["type_rule", "dynamics_wins"] = Field(
        "dynamics_wins", description="Dynamics always wins here."
    )
    on_invalid: RelatedOnInvalid = Field({}, description=_ON_INVALID)
    normalise: Normalise = Field((), description="What a comparison ignores.")


class CompanyEntry(RelatedEntry):
    """A field filled from the contact's account."""

    account: Name = Field(description="Logical name of the account column.")

    @property
    def source(self) -> str:
        """Column that the value comes from."""
        return self.account


class OwnerEntry(RelatedEntry):
    """A field filled from the user who owns the record."""

    user: Name = Field(description="Logical name of the systemuser column.")
    when_team: Name | None = Field(
        None, description="Text to show instead when a team owns the record."
    )

    @property
    def source(self) -> str:
        """Column that the value comes from."""
        return self.user


class PolicySettings(_Strict):
    """What happens beside plain field values."""

    match_before_create: Literal["email", "off"] = "email"
    on_marketo_delete: Literal["recreate", "suppress", "deactivate"] = "recreate"
    on_dynamics_merge: Literal["report", "merge", "unlink", "deactivate"] = "report"
    on_marketo_merge: Literal["report", "merge", "unlink", "deactivate"] = "report"
    on_account_removed: Literal["clear", "keep"] = Field(
        "clear", description="Company fields of a person whose contact has lost its account."
    )
    lookup_wait_cycles: Annotated[int, Field(ge=0)] = Field(
        5, description="Cycles that a record waits for an account or owner that cannot be read."
    )
    on_email_taken: Literal["report", "create"] = Field(
        "report", description="A new record whose e-mail belongs to a person of another record."
    )
    require_email: bool = Field(
        False, description="Whether a record without an e-mail address becomes no person."
    )
    sum_on_merge: tuple[Name, ...] = Field(
        DEFAULT_SUMMED,
        description="Marketo fields that add up when persons are merged, as their records were.",
    )
    default_owner: Name | None = None
    on_disabled_owner: Literal["default_owner", "refuse"] = Field(
        "default_owner", description="Who gets a record that is assigned to a disabled user."
    )
    match_account: Literal["off", "website"] = Field(
        "off",
        description="Give a contact made from a person the one active account with its domain.",
    )
    contact_for_lead: Literal["refuse", "qualify"] = Field(
        "refuse",
        description="What happens when a person that has an open lead is to become a contact.",
    )
    mass_delete_share: Share = 0.2
    mass_delete_count: Annotated[int, Field(ge=1)] = Field(
        5_000, description="Most linked records of a table that may vanish at once."
    )
    deactivate_limit: Annotated[int, Field(ge=0)] = Field(
        50, description="Most records that one cycle deactivates in Dynamics; more stop it."
    )
    breaker_share: Share = 0.5
    breaker_count: Annotated[int, Field(ge=1)] = Field(
        5_000, description="Most records that may fail in one cycle, whatever their share."
    )
    breaker_batches: Annotated[int, Field(ge=1)] = Field(
        3, description="Batches in a row that a system refuses whole; so many stop the writing."
    )
    degraded_share: Share = Field(
        0.1, description="A cycle of which more records than this fail counts as degraded."
    )
    settle_seconds: Annotated[float, Field(ge=0, le=86_400)] = Field(
        0, description="How old a new Dynamics record must be before it becomes a person."
    )


class Mapping(_Strict):
    """A mapping file. ``load.load_mapping`` reads one and knows the line of every entry."""

    fields: tuple[FieldEntry, ...] = Field(json_schema_extra={"minItems": 1})
    company: tuple[CompanyEntry, ...] = ()
    owner: tuple[OwnerEntry, ...] = ()
    policies: PolicySettings = PolicySettings()

    _source: str = PrivateAttr(default="mapping")
    _lines: dict[tuple[str | int, ...], int] = PrivateAttr(default_factory=dict)

    @field_validator("fields")
    @classmethod
    def _has_entries(cls, entries: tuple[FieldEntry, ...]) -> tuple[FieldEntry, ...]:
        if not entries:
            raise ValueError("holds no entry; at least one field is needed")
        return entries

    def columns(self, table: Table) -> frozenset[str]:
        """Return the columns of ``table`` that are synchronised."""
        names = (entry.column(table) for entry in self.fields if entry.direction != "off")
        return frozenset(name for name in names if name)

    def related_columns(self, section: Literal["company", "owner"]) -> frozenset[str]:
        """Return the columns of accounts or users that are copied to people."""
        entries = self.company if section == "company" else self.owner
        return frozenset(entry.source for entry in entries if entry.direction != "off")

    def read_from(self, source: str, lines: dict[tuple[str | int, ...], int]) -> Mapping:
        """Remember where the entries stand, for messages."""
        self._source, self._lines = source, dict(lines)
        return self

    def where(self, *path: str | int) -> str:
        """Return a place such as ``mapping.yaml:17 (leadSource)`` for a path of keys."""
        return place(self._source, self._lines, path)


def place(source: str, lines: dict[tuple[str | int, ...], int], path: tuple[str | int, ...]) -> str:
    """Return file, line and path of the innermost part of ``path`` whose line is known."""
    known = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in lines), None)
    line = f":{lines[known]}" if known else ""
    return f"{source}{line} {dotted(path)}".rstrip()


def dotted(path: tuple[str | int, ...]) -> str:
    """Return a path such as ``fields[3].lead``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")
