"""Chooses the converter for a pair of a Marketo field and a Dynamics column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from leadsync.errors import MappingError
from leadsync.mapping.plan import Converter
from leadsync.model import DynamicsColumn, MarketoField, OptionValue
from leadsync.values.boolean import FALSE, TRUE, BooleanConverter, LabelledBooleanConverter
from leadsync.values.dates import DateConverter, InstantConverter
from leadsync.values.keys import GuidConverter
from leadsync.values.number import NumberConverter
from leadsync.values.option import (
    MultiOptionConverter,
    OptionConverter,
    OptionTable,
    label_of,
)
from leadsync.values.text import TextConverter

Family = Literal[
    "text", "boolean", "integer", "decimal", "date", "instant", "option", "multi", "key"
]


@dataclass(frozen=True, slots=True)
class Reading:
    """What helps to read values beside the schemas.

    :param former: options of the column under earlier labels, still understood (S061).
    :param unknown: canonical value that stands for labels that the column does not have (S059).
    :param null: what a yes/no column without a value means (S064).
    """

    former: tuple[OptionValue, ...] = ()
    unknown: str | None = None
    null: bool = False


Build = Callable[[MarketoField, DynamicsColumn, Reading], Converter]

#: reference/marketo-rest.md 6.1; percent may arrive with decimals and is rounded.
MARKETO_FAMILIES: dict[str, Family] = {
    **dict.fromkeys(
        ("string", "text", "textarea", "email", "phone", "url", "formula", "lead_function"), "text"
    ),
    **dict.fromkeys(("integer", "score", "reference"), "integer"),
    **dict.fromkeys(("float", "currency", "percent"), "decimal"),
    "boolean": "boolean",
    "date": "date",
    "datetime": "instant",
}
#: reference/dataverse-webapi.md 3.1; ``DateTime`` depends on its behaviour too.
DYNAMICS_FAMILIES: dict[str, Family] = {
    **dict.fromkeys(("String", "Memo"), "text"),
    **dict.fromkeys(("Picklist", "State", "Status"), "option"),
    **dict.fromkeys(("Integer", "BigInt"), "integer"),
    **dict.fromkeys(("Double", "Decimal", "Money"), "decimal"),
    **dict.fromkeys(("Uniqueidentifier", "Lookup", "Customer", "Owner"), "key"),
    "MultiSelectPicklist": "multi",
    "Boolean": "boolean",
    "DateTime": "instant",
}
#: most decimals that Dataverse keeps where the metadata gives no precision.
_DEFAULT_PLACES = {"Integer": 0, "BigInt": 0, "Double": 5, "Money": 4, "Decimal": 10}
_WHOLE_MARKETO_TYPES = ("integer", "score", "reference", "percent")
_TEXT_PLACES = 10
_PLAIN = Reading()


def marketo_family(field: MarketoField) -> Family | None:
    """Return the family of a field's type, or ``None`` for a type that cannot be synchronised."""
    return MARKETO_FAMILIES.get(field.data_type.lower())


def dynamics_family(column: DynamicsColumn) -> Family | None:
    """Return the family of a column's type, or ``None`` for a type that cannot be synchronised."""
    if column.type == "DateTime" and column.date_behavior == "DateOnly":
        return "date"
    return DYNAMICS_FAMILIES.get(column.type)


def build_converter(
    field: MarketoField, column: DynamicsColumn, reading: Reading = _PLAIN
) -> Converter:
    """Return the converter between ``field`` and ``column``.

    :raises MappingError: values of the two types cannot be turned into each other.
    """
    build = _BUILDERS.get((marketo_family(field), dynamics_family(column)))
    if build is None:
        raise MappingError(
            f"A Marketo {field.data_type} ({field.name}) cannot be synchronised with a Dynamics "
            f"{column.type} ({column.name}).",
            remedy="Map fields of kindred types, or leave this pair out of the mapping file.",
        )
    return build(field, column, reading)


def _text(field: MarketoField, _column: DynamicsColumn, _reading: Reading) -> Converter:
    return TextConverter(trims=field.data_type.lower() == "email")


def _boolean(_field: MarketoField, _column: DynamicsColumn, reading: Reading) -> Converter:
    return BooleanConverter(reading.null)


def _labelled_boolean(_field: MarketoField, column: DynamicsColumn, reading: Reading) -> Converter:
    labels = {option.value: label_of(option).strip() for option in column.options}
    former = {
        label_of(option).strip().casefold(): TRUE if option.value == 1 else FALSE
        for option in reading.former
    }
    return LabelledBooleanConverter(
        labels.get(1) or "Yes", labels.get(0) or "No", former, reading.null
    )


def _option(_field: MarketoField, column: DynamicsColumn, reading: Reading) -> Converter:
    return OptionConverter(OptionTable(column.options, reading.former, reading.unknown))


def _multi(_field: MarketoField, column: DynamicsColumn, reading: Reading) -> Converter:
    return MultiOptionConverter(OptionTable(column.options, reading.former, reading.unknown))


def _number(field: MarketoField, column: DynamicsColumn, _reading: Reading) -> Converter:
    marketo, dynamics = marketo_family(field), dynamics_family(column)
    return NumberConverter(
        places=min(_marketo_places(field), _dynamics_places(column)),
        whole="decimal" not in (marketo, dynamics),
        marketo_text=marketo == "text",
        dynamics_text=dynamics == "text",
    )


def _marketo_places(field: MarketoField) -> int:
    return 0 if field.data_type.lower() in _WHOLE_MARKETO_TYPES else _TEXT_PLACES


def _dynamics_places(column: DynamicsColumn) -> int:
    default = _DEFAULT_PLACES.get(column.type, _TEXT_PLACES)
    return default if column.precision is None else min(column.precision, default)


def _date(field: MarketoField, column: DynamicsColumn, _reading: Reading) -> Converter:
    return DateConverter(
        marketo_time=marketo_family(field) == "instant",
        dynamics_time=dynamics_family(column) == "instant",
    )


def _instant(_field: MarketoField, column: DynamicsColumn, _reading: Reading) -> Converter:
    return InstantConverter(literal=column.date_behavior == "TimeZoneIndependent")


def _code(_field: MarketoField, column: DynamicsColumn, _reading: Reading) -> Converter:
    return OptionConverter(OptionTable(column.options), marketo_code=True)


def _guid(_field: MarketoField, _column: DynamicsColumn, _reading: Reading) -> Converter:
    return GuidConverter()


_BUILDERS: dict[tuple[Family | None, Family | None], Build] = {
    ("text", "text"): _text,
    ("text", "key"): _guid,
    ("text", "boolean"): _labelled_boolean,
    ("text", "option"): _option,
    ("text", "multi"): _multi,
    ("boolean", "boolean"): _boolean,
    ("text", "integer"): _number,
    ("text", "decimal"): _number,
    ("integer", "text"): _number,
    ("decimal", "text"): _number,
    ("integer", "integer"): _number,
    ("integer", "decimal"): _number,
    ("decimal", "integer"): _number,
    ("decimal", "decimal"): _number,
    ("integer", "option"): _code,
    ("date", "date"): _date,
    ("date", "instant"): _date,
    ("date", "text"): _date,
    ("text", "date"): _date,
    ("instant", "date"): _date,
    ("instant", "instant"): _instant,
    ("instant", "text"): _instant,
    ("text", "instant"): _instant,
}
