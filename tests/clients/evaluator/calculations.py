"""The calculations of a query over the events of one group.

Every event weighs as much as its sample rate. MIN, MAX and COUNT_DISTINCT look at values alone.
A calculation without any number to work on has no answer (None), save those that count.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from evaluator import values
from evaluator.translate import Event

# The share of the total weight at or below each percentile, in thousandths: exact in integers.
PERCENTILES = {
    "P001": 1, "P01": 10, "P05": 50, "P10": 100, "P20": 200, "P25": 250, "P50": 500,
    "P75": 750, "P80": 800, "P90": 900, "P95": 950, "P99": 990, "P999": 999,
}

# A heatmap has this many buckets of equal width between one power of two and the next.
BUCKETS_PER_OCTAVE = 4


@dataclass(frozen=True)
class Calculation:
    """An operator and the column it reads; COUNT may go without one."""

    op: str
    column: str | None = None

    @property
    def name(self) -> str:
        """The key of this calculation in an answer."""
        return self.op if self.column is None else f"{self.op}({self.column})"


def calculate(calculation: Calculation, events: list[Event]) -> Any:
    """The answer of one calculation over some events."""
    op, column = calculation.op, calculation.column
    if op == "COUNT":
        return sum(weight(event) for event in events if column is None or column in event.data)
    if op == "COUNT_DISTINCT":
        return count_distinct(event.data.get(column) for event in events)
    weighted = weighted_numbers(events, column)
    if op == "HEATMAP":
        return {"buckets": heatmap(weighted)}
    if not weighted:
        return None
    if op == "SUM":
        return total(weighted)
    if op == "AVG":
        return average(weighted)
    if op == "MIN":
        return min(number for number, _ in weighted)
    if op == "MAX":
        return max(number for number, _ in weighted)
    return percentile(weighted, PERCENTILES[op])


def weight(event: Event) -> int:
    """How many real events this stored one stands for."""
    return event.samplerate


def weighted_numbers(events: list[Event], column: str) -> list[tuple[values.Number, int]]:
    """The numbers found in a column, each with its weight."""
    found = []
    for event in events:
        if column not in event.data:
            continue
        number = values.numeric_reading(event.data[column])
        if number is not None:
            found.append((number, weight(event)))
    return found


def count_distinct(column_values: Iterable[values.Value | None]) -> int:
    """How many different values there are; equal means equal as a group of a breakdown."""
    return len({group_key(value) for value in column_values if value is not None})


def group_key(value: values.Value | None) -> str | None:
    """What makes two values one group.

    Within one kind, equal values have equal text and different values different text, and where
    kinds are mixed the text form is the group's key by definition; so the text always decides.
    """
    return None if value is None else values.text_form(value)


def total(weighted: list[tuple[values.Number, int]]) -> float:
    """The weighted sum, rounded only once, at the end."""
    return math.fsum(number * weight for number, weight in weighted)


def average(weighted: list[tuple[values.Number, int]]) -> float:
    """The weighted mean."""
    return total(weighted) / sum(weight for _, weight in weighted)


def magnitude(calculation: Calculation, events: list[Event]) -> float:
    """The size of what a SUM or AVG adds up, which bounds the rounding error it may show."""
    if calculation.op not in ("SUM", "AVG"):
        return 0.0
    weighted = weighted_numbers(events, calculation.column)
    size = math.fsum(abs(number) * weight for number, weight in weighted)
    if calculation.op == "AVG" and weighted:
        return size / sum(weight for _, weight in weighted)
    return size


def percentile(weighted: list[tuple[values.Number, int]], thousandths: int) -> values.Number:
    """The smallest value with at least that share of the weight at or below it."""
    ordered = sorted(weighted)
    whole = sum(weight for _, weight in ordered)
    reached = 0
    for number, weight in ordered:
        reached += weight
        if rank_reached(reached * 1000, thousandths * whole):
            return number
    raise AssertionError("the whole weight reaches every rank")


def rank_reached(reached: int, wanted: int) -> bool:
    """Nearest rank: the wanted weight itself suffices."""
    return reached >= wanted


def heatmap(weighted: list[tuple[values.Number, int]]) -> list[list[values.Number]]:
    """Weights by bucket, as [low, high, weight] in ascending order, without empty buckets."""
    cells: dict[tuple[float, float], int] = {}
    for number, weight in weighted:
        edges = bucket_edges(number)
        cells[edges] = cells.get(edges, 0) + weight
    return [[low, high, cells[low, high]] for low, high in sorted(cells)]


def bucket_edges(number: values.Number) -> tuple[float, float]:
    """The bucket of a number: low <= v < high above zero, its mirror image below, zero alone."""
    if number == 0:
        return 0.0, 0.0
    if number < 0:
        low, high = bucket_edges(-number)
        return -high, -low
    mantissa, exponent = math.frexp(number)
    octave = math.ldexp(1.0, exponent - 1)
    quarter = int((mantissa * 2 - 1) * BUCKETS_PER_OCTAVE)
    width = octave / BUCKETS_PER_OCTAVE
    return octave + quarter * width, octave + (quarter + 1) * width
