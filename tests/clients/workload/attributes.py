"""Pools of awkward attribute values, and their form in OTLP JSON."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

INTEGER_MAX = 2**53

WORDS = ("", "a", "A", "ab", "abc", "b a", "münchen", "MÜNCHEN", "日本語", "👩‍🚀", "é", "e\u0301",
         "<b>&", "quote\"back\\slash", "zz", "true", "null", "50%_", "tab\there")

NUMBER_LIKE = ("5", "05", "5.0", "-3", "-3.0", "1e3", "1000", "2.5e-3", "+7", "7", "-0", "0",
               " 5", "5 ", "0x1F", "nan", "inf", "-inf", "1_000", ".5", "5.", "", "1e", "-", "５",
               "9007199254740991", "10", "9", "5.00")

MIXED = (5, "5", 5.0, True, "true", "red", 2.5, "2.5", 0, "", -3, "-3", False, "false", 0.0, "5.0",
         10, "10", 1e-7, 123456.789, "日")

LARGE = (INTEGER_MAX, INTEGER_MAX, INTEGER_MAX - 1, -INTEGER_MAX, 2**40 + 1, -(2**31) - 1,
         2**31, 0, 1, 1 - INTEGER_MAX)

FLOATS = (0.0, -0.0, 0.1, 0.25, 1.0, 1.25, 1.5, 1.75, 2.0, 3.0, 4.0, 7.999999999999999, 1e-5, 9e-6,
          -0.5, -1.0, -2.0, 1e15, 123456789.125, 0.30000000000000004)

Maker = Callable[[random.Random], Any]


@dataclass(frozen=True)
class Field:
    """An attribute: its name, the share of items that carry it, and how its values are drawn."""

    name: str
    share: float
    make: Maker


def skewed(rng: random.Random) -> float:
    """A positive float over several powers of ten, as response times are."""
    return rng.lognormvariate(3, 1.6)


def int_or_float(rng: random.Random) -> int | float:
    """Whole numbers in both numeric kinds, mixed with fractions of either sign."""
    whole = rng.randint(-6, 6)
    return rng.choice((whole, float(whole), whole + 0.5))


def nested(rng: random.Random) -> dict[str, Any]:
    """A map of maps; keys in order, so that its JSON text is certain."""
    return {"a": rng.randint(0, 3), "b": {"c": rng.choice(WORDS), "d": rng.random() < 0.5}}


def deeply_nested(rng: random.Random) -> dict[str, Any]:
    """A map deeper than fields are spread."""
    value: Any = {"z": rng.choice(WORDS)}
    for name in ("f", "e", "d", "c", "b", "a"):
        value = {name: value}
    return value


FIELDS = (
    Field("app.status", 0.9, lambda rng: rng.choice((200, 200, 200, 201, 404, 500, 0, -1))),
    Field("app.latency", 0.8, skewed),
    Field("app.number", 0.7, int_or_float),
    Field("app.float", 0.5, lambda rng: rng.choice(FLOATS)),
    Field("app.large", 0.4, lambda rng: rng.choice(LARGE)),
    Field("app.word", 0.8, lambda rng: rng.choice(WORDS)),
    Field("app.user_id", 0.7, lambda rng: f"user-{min(int(rng.expovariate(0.05)), 300)}"),
    Field("app.number_like", 0.6, lambda rng: rng.choice(NUMBER_LIKE)),
    Field("app.mixed", 0.7, lambda rng: rng.choice(MIXED)),
    Field("app.text_or_number", 0.5, lambda rng: rng.choice((1, 2, 30, "1", "2", "30", "x"))),
    Field("app.flag", 0.6, lambda rng: rng.random() < 0.3),
    Field("app.rare", 0.03, lambda rng: rng.randint(1, 4)),
    Field("app.list", 0.1, lambda rng: [rng.choice(WORDS), rng.randint(0, 2), rng.random() < 0.5]),
    Field("app.map", 0.15, nested),
    Field("app.deep", 0.03, deeply_nested),
    Field("app.bytes", 0.05, lambda rng: rng.randbytes(rng.randint(0, 5))),
    Field("ünï.field with space", 0.1, lambda rng: rng.choice(("x", "y"))),
    # Attributes that bear the name of a field which spans have anyway.
    Field("name", 0.02, lambda rng: rng.choice(("renamed", "checkout"))),
    Field("duration_ms", 0.02, lambda rng: rng.choice((9, 9.5, 100000.0))),
    Field("status_code", 0.02, lambda rng: rng.choice(("teapot", 2, "2"))),
    Field("error", 0.02, lambda rng: rng.choice((False, "yes", True))),
    Field("exception.message", 0.02, lambda rng: "from the span"),
    Field("service.name", 0.02, lambda rng: "called-otherwise"),
    # Dropped, because they have no name or no value.
    Field("", 0.02, lambda rng: "nameless"),
    Field("app.nothing", 0.02, lambda rng: None),
)


def attributes(rng: random.Random, fields: tuple[Field, ...] = FIELDS) -> list[dict[str, Any]]:
    """A random choice of fields as OTLP key-values."""
    return [{"key": field.name, "value": otlp_value(rng, field.make(rng))}
            for field in fields if rng.random() < field.share]


def key_values(rng: random.Random, values: dict[str, Any]) -> list[dict[str, Any]]:
    """Given fields as OTLP key-values."""
    return [{"key": key, "value": otlp_value(rng, value)} for key, value in values.items()]


def otlp_value(rng: random.Random, value: Any) -> dict[str, Any]:
    """A value in OTLP JSON; integers come as numbers and as text, as both are allowed."""
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": rng.choice((value, str(value)))}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, bytes):
        return {"bytesValue": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return {"arrayValue": {"values": [otlp_value(rng, item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": key_values(rng, value)}}
    return {"stringValue": value}
