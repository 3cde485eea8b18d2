"""Mistakes in calculations: weights, ranks, buckets, what counts as a number."""

from __future__ import annotations

from typing import Any

from evaluator import calculations, values
from evaluator.calculations import Calculation
from evaluator.translate import Event
from mistakes import Mistake, around, mistake

WeightedNumbers = list[tuple[values.Number, int]]

right_calculate = calculations.calculate
right_percentile = calculations.percentile
right_bucket_edges = calculations.bucket_edges
right_heatmap = calculations.heatmap
right_total = calculations.total
right_numeric_reading = values.numeric_reading


def count_every_row(calculation: Calculation, events: list[Event]) -> Any:
    """COUNT takes no notice of its column."""
    if calculation.op == "COUNT":
        return right_calculate(Calculation("COUNT"), events)
    return right_calculate(calculation, events)


def plain_average(weighted: WeightedNumbers) -> float:
    """Every row weighs the same."""
    return sum(number for number, _ in weighted) / len(weighted)


def plain_percentile(weighted: WeightedNumbers, thousandths: int) -> values.Number:
    """Every row weighs the same."""
    return right_percentile([(number, 1) for number, _ in weighted], thousandths)


def p99_off(weighted: WeightedNumbers, thousandths: int) -> values.Number:
    """P99 is 3 % too high."""
    factor = 1.03 if thousandths == 990 else 1
    return right_percentile(weighted, thousandths) * factor


def distinct_with_missing(column_values: Any) -> int:
    """A missing field counts as one more value."""
    return len({calculations.group_key(value) for value in column_values})


def distinct_by_kind(column_values: Any) -> int:
    """An integer and an equal float count as two."""
    return len({(type(value), value) for value in column_values if value is not None})


def wrapping_total(weighted: WeightedNumbers) -> float:
    """Sums of integers overflow 64 bits."""
    if not all(isinstance(number, int) for number, _ in weighted):
        return right_total(weighted)
    whole = sum(number * weight for number, weight in weighted)
    return (whole + 2**63) % 2**64 - 2**63


def closed_above(number: values.Number) -> tuple[float, float]:
    """A value on the border of two buckets goes to the lower one."""
    low, high = right_bucket_edges(number)
    return right_bucket_edges(number * (1 - 1e-15)) if number == low else (low, high)


def wide_buckets(number: values.Number) -> tuple[float, float]:
    """Half as many buckets."""
    return right_bucket_edges(number if abs(number) < 1 else float(int(number)))


def positive_only(weighted: WeightedNumbers) -> list[list[values.Number]]:
    """Heatmaps show only numbers above zero."""
    return right_heatmap([(number, weight) for number, weight in weighted if number > 0])


def rows_in_cells(weighted: WeightedNumbers) -> list[list[values.Number]]:
    """The cells of a heatmap count rows."""
    return right_heatmap([(number, 1) for number, _ in weighted])


def only_numbers(value: values.Value) -> values.Number | None:
    """Text is never a number."""
    return right_numeric_reading(value) if values.kind_of(value) == "number" else None


def booleans_too(value: values.Value) -> values.Number | None:
    """True is one and false is zero."""
    return int(value) if isinstance(value, bool) else right_numeric_reading(value)


def lenient_number(text: str) -> float | None:
    """Anything that Python takes for a float is a number, if it is finite."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


MISTAKES: tuple[Mistake, ...] = (
    mistake("weights are ignored", calculations, "weight", lambda event: 1),
    mistake("COUNT of a column counts every row", calculations, "calculate", count_every_row),
    mistake("averages are not weighted", calculations, "average", plain_average),
    mistake("percentiles are not weighted", calculations, "percentile", plain_percentile),
    mistake("P99 is 3 % off", calculations, "percentile", p99_off),
    mistake("a rank must be exceeded", calculations, "rank_reached",
            lambda reached, wanted: reached > wanted),
    mistake("missing is a distinct value", calculations, "count_distinct", distinct_with_missing),
    mistake("5 and 5.0 are distinct", calculations, "count_distinct", distinct_by_kind),
    mistake("integer sums overflow", calculations, "total", wrapping_total),
    mistake("sums are off by a millionth", calculations, "total",
            around(right_total, lambda right, weighted: right * 1.000001)),
    mistake("heatmap buckets close above", calculations, "bucket_edges", closed_above),
    mistake("heatmap buckets round values", calculations, "bucket_edges", wide_buckets),
    mistake("heatmaps lose negatives and zeros", calculations, "heatmap", positive_only),
    mistake("heatmap cells count rows", calculations, "heatmap", rows_in_cells),
    mistake("text is never a number", values, "numeric_reading", only_numbers),
    mistake("booleans are numbers", values, "numeric_reading", booleans_too),
    mistake("numbers in text are read leniently", values, "number_in_text", lenient_number),
)
