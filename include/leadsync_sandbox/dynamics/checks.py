"""What the server checks on a written value (reference/dataverse-webapi.md 9)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from leadsync_sandbox.dynamics.errors import ApiError
from leadsync_sandbox.dynamics.schema import TEXT_TYPES, Column, Table
from leadsync_sandbox.dynamics.values import option_codes

_ERROR = "A validation error occurred."
#: digits enough for the largest floating-point number.
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)


def checked(table: Table, column: Column, value: Any) -> Any:
    """Return ``value`` as it will be stored; decimals are rounded, not refused.

    :raises ApiError: 400 with the code of the broken rule.
    """
    if value is None:
        return _nullable(table, column)
    if column.type in TEXT_TYPES:
        return _short_enough(table, column, value)
    if column.type in ("Decimal", "Money", "Double"):
        return _decimal_in_range(table, column, value)
    if column.type == "Integer":
        return _integer_in_range(table, column, value)
    if column.type == "Picklist":
        return _known_option(table, column, value)
    if column.type == "MultiSelectPicklist":
        return _known_options(table, column, value)
    return value


def utf16_length(text: str) -> int:
    """Return the length of ``text`` as the server counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _nullable(table: Table, column: Column) -> None:
    if column.required == "SystemRequired":
        raise ApiError(
            400,
            "0x80040203",
            f"{_ERROR} The attribute '{column.name}' of entity '{table.name}' is required by the "
            "system and cannot be set to null.",
        )


def _short_enough(table: Table, column: Column, value: str) -> str:
    if column.length is not None and utf16_length(value) > column.length:
        raise ApiError(
            400,
            "0x80044331",
            f"{_ERROR}  The length of the '{column.name}' attribute of the '{table.name}' entity "
            f"exceeded the maximum allowed length of '{column.length}'.",
        )
    return value


def _integer_in_range(table: Table, column: Column, value: int) -> int:
    if _outside(column, value):
        raise ApiError(
            400,
            "0x8004432f",
            f"{_ERROR} The value {value} of '{column.name}' on record of type '{table.name}' is "
            f"outside the valid range. Accepted Values: {column.minimum} to {column.maximum}",
        )
    return value


def _decimal_in_range(table: Table, column: Column, value: float) -> float:
    rounded = value
    if column.precision is not None:
        unit = Decimal(1).scaleb(-column.precision)
        rounded = float(Decimal(str(value)).quantize(unit, context=_EXACT))
    if _outside(column, rounded):
        kind = "Microsoft.Xrm.Sdk.Money" if column.type == "Money" else f"System.{column.type}"
        raise ApiError(
            400,
            "0x80044330",
            f"{_ERROR[:-1]} for {table.name}.{column.name}. The value {value} of type {kind} is "
            f"outside the valid range({column.minimum} to {column.maximum}).",
        )
    return rounded


def _outside(column: Column, value: float) -> bool:
    too_low = column.minimum is not None and value < column.minimum
    return too_low or (column.maximum is not None and value > column.maximum)


def _known_option(table: Table, column: Column, value: int) -> int:
    if column.label(value) is None:
        raise _out_of_range(table, column, value)
    return value


def _known_options(table: Table, column: Column, value: str) -> str:
    codes = option_codes(value)
    if codes is None or any(column.label(code) is None for code in codes):
        raise _out_of_range(table, column, value)
    return ",".join(str(code) for code in sorted(set(codes)))


def _out_of_range(table: Table, column: Column, value: object) -> ApiError:
    accepted = ",".join(str(option.value) for option in column.options)
    return ApiError(
        400,
        "0x8004431a",
        f"{_ERROR} The value {value} of '{column.name}' on record of type '{table.name}' is "
        f"outside the valid range. Accepted Values: {accepted}",
    )
