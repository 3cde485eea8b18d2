"""Whether two single values agree: calculations, group keys, field values.

Each check returns None where they agree and a sentence where they do not.
"""

from __future__ import annotations

from typing import Any

from evaluator.calculations import PERCENTILES, Calculation
from evaluator.values import kind_of, text_form

# Percentiles come from histograms; this is the relative error that the server promises.
PERCENTILE_TOLERANCE = 0.01

# Sums of floats depend on the order of adding; relative to the sum of the magnitudes.
SUM_TOLERANCE = 1e-9

# The edges of heatmap buckets are exact powers and quarters, but may pass through text.
EDGE_TOLERANCE = 1e-9

# A percentile whose true value is zero may be this far away.
ZERO_TOLERANCE = 1e-9


def tolerance(calculation: Calculation, expected: float, magnitude: float) -> float:
    """How far from the expected value an answer of this calculation may be."""
    if calculation.op in PERCENTILES:
        return max(abs(expected) * PERCENTILE_TOLERANCE, ZERO_TOLERANCE)
    if calculation.op in ("SUM", "AVG"):
        return magnitude * SUM_TOLERANCE
    return 0.0


def cell_problem(
    calculation: Calculation, expected: Any, actual: Any, magnitude: float
) -> str | None:
    """Compares the answers of one calculation."""
    if calculation.op == "HEATMAP":
        return heatmap_problem(calculation, expected, actual)
    if expected is None or actual is None:
        if expected is None and actual is None:
            return None
        return f"{calculation.name}: expected {expected!r}, found {actual!r}"
    if kind_of(actual) != "number":
        return f"{calculation.name}: expected a number, found {actual!r}"
    if abs(actual - expected) <= tolerance(calculation, expected, magnitude):
        return None
    return f"{calculation.name}: expected {expected!r}, found {actual!r}"


def heatmap_problem(calculation: Calculation, expected: Any, actual: Any) -> str | None:
    """Compares two lists of buckets: same edges, same order, equal weights."""
    found = actual.get("buckets") if isinstance(actual, dict) else None
    wanted = expected["buckets"]
    if not isinstance(found, list) or len(found) != len(wanted):
        return f"{calculation.name}: expected buckets {wanted!r}, found {actual!r}"
    for wanted_bucket, found_bucket in zip(wanted, found):
        if not _same_bucket(wanted_bucket, found_bucket):
            return f"{calculation.name}: expected bucket {wanted_bucket!r}, found {found_bucket!r}"
    return None


def _same_bucket(wanted: list[float], found: Any) -> bool:
    if not isinstance(found, list) or len(found) != 3 or any(map(_is_no_number, found)):
        return False
    edges_agree = all(abs(a - b) <= abs(a) * EDGE_TOLERANCE for a, b in zip(wanted[:2], found[:2]))
    return edges_agree and wanted[2] == found[2]


def _is_no_number(value: Any) -> bool:
    return value is None or isinstance(value, (list, dict)) or kind_of(value) != "number"


def key_text(value: Any) -> str | None:
    """A group key or field value by which rows are matched: its text, or None for a missing one."""
    return None if value is None else text_form(value)


def value_problem(name: str, expected: Any, actual: Any) -> str | None:
    """Compares two field values: same kind and equal, integers and floats being one kind."""
    if actual is None or isinstance(actual, (list, dict)):
        return f"{name}: expected {expected!r}, found {actual!r}"
    if kind_of(expected) == kind_of(actual) and expected == actual:
        return None
    return f"{name}: expected {expected!r}, found {actual!r}"
