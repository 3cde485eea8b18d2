"""What a single field value means: its kind, its text form, its number, its order.

Attributes come as text, numbers and booleans, often mixed under one name, and a query's literals
come from people and programs that quote numbers as they please. All rules on mixing kinds stand
here, and filters, breakdowns and calculations only call them.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

Number = int | float
Value = str | int | float | bool

# A decimal number as text: no spaces, no "inf" or "nan", no underscores, no bare dot.
NUMBER_TEXT = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?")

# Magnitudes from here on are written with an exponent, as are those below the second bound.
EXPONENT_FROM = 1e16
EXPONENT_BELOW = 1e-5


def kind_of(value: Value) -> str:
    """Names the kind of a value: "bool", "number" or "text"."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    return "text"


def number_in_text(text: str) -> float | None:
    """Reads a text as a decimal number, or returns None where it is not one."""
    if not NUMBER_TEXT.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def numeric_reading(value: Value) -> Number | None:
    """The number a calculation sees in a value; None for booleans and text that is no number."""
    kind = kind_of(value)
    if kind == "number":
        return value
    if kind == "text":
        return number_in_text(value)
    return None


def text_form(value: Value) -> str:
    """The text that stands for a value when it is compared, searched or grouped as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float_text(value)
    return value


def _float_text(number: float) -> str:
    """Whole numbers as integers, others in their shortest digits, exponents only far from one."""
    magnitude = abs(number)
    if magnitude < EXPONENT_FROM and number == int(number):
        return str(int(number))
    sign = "-" if number < 0 else ""
    # repr() gives the shortest digits that read back as the same float.
    _, digit_tuple, exponent = Decimal(repr(magnitude)).normalize().as_tuple()
    digits = "".join(str(digit) for digit in digit_tuple)
    if EXPONENT_BELOW <= magnitude < EXPONENT_FROM:
        whole_length = len(digits) + exponent
        if whole_length <= 0:
            return f"{sign}0.{'0' * -whole_length}{digits}"
        return f"{sign}{digits[:whole_length]}.{digits[whole_length:]}"
    power = exponent + len(digits) - 1
    mantissa = digits[0] if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{sign}{mantissa}e{power}"


def compare(left: Value, right: Value) -> int:
    """Orders two present values of any kinds: negative, zero or positive."""
    kinds = {kind_of(left), kind_of(right)}
    if kinds == {"number", "text"}:
        left_number, right_number = numeric_reading(left), numeric_reading(right)
        if left_number is not None and right_number is not None:
            return _sign(left_number, right_number)
    if len(kinds) > 1:
        return _sign(text_form(left), text_form(right))
    # Python orders text by code point, which is the order of its UTF-8 bytes.
    return _sign(left, right)


def _sign(left: Any, right: Any) -> int:
    return (left > right) - (left < right)
