"""How many events one stored event stands for.

A client that samples says so in an attribute or in the W3C trace state. The rate is the weight of
the event in every count and sum, and the attribute that gave it is not a field of the event.
"""

from __future__ import annotations

import math
import re

from evaluator.attributes import Fields
from evaluator.values import Value, kind_of, numeric_reading

# In order of preference. A lower-case "samplerate" is an ordinary attribute.
RATE_KEYS = ("sampleRate", "SampleRate")

RATE_MAX = 2**31 - 1

# The rejection threshold in the trace state is a fraction of this, in at most 14 hex digits.
THRESHOLD_UNIT = 2**56
THRESHOLD = re.compile(r"[0-9a-f]{1,14}")


def rate_key(fields: Fields) -> str | None:
    """The attribute that decides the rate, or None where there is none."""
    for key in RATE_KEYS:
        if key in fields:
            return key
    return None


def rate_of(fields: Fields, trace_state: str) -> int:
    """The sample rate of an event, from its merged attributes or else its trace state."""
    key = rate_key(fields)
    if key is not None:
        return rate_from_value(fields[key])
    return rate_from_trace_state(trace_state)


def rate_from_value(value: Value) -> int:
    """Reads an attribute as a rate; what makes no sense as one counts as 1."""
    number = numeric_reading(value)
    if number is None or kind_of(value) == "bool" or not math.isfinite(number):
        return 1
    return _bounded(math.floor(number + 0.5))


def rate_from_trace_state(trace_state: str) -> int:
    """The adjusted count that a `th` threshold in the trace state stands for; 1 without one."""
    for member in trace_state.split(","):
        vendor, _, content = member.strip().partition("=")
        if vendor == "th":
            return _rate_from_threshold(content)
        if vendor != "ot":
            continue
        for entry in content.split(";"):
            name, _, threshold = entry.partition(":")
            if name == "th":
                return _rate_from_threshold(threshold)
    return 1


def _rate_from_threshold(digits: str) -> int:
    if not THRESHOLD.fullmatch(digits):
        return 1
    threshold = int(digits.ljust(14, "0"), 16)
    return _bounded(math.floor(THRESHOLD_UNIT / (THRESHOLD_UNIT - threshold) + 0.5))


def _bounded(rate: int) -> int:
    return min(max(rate, 1), RATE_MAX)
