"""What a server may do without being wrong: one set of changes that the comparison must accept."""

from __future__ import annotations

import random
from typing import Any

from evaluator import calculations, evaluate, values
from evaluator.evaluate import Answer, Cells, Group, Key, OrderTerm
from mistakes import Mistake

# Just below the error that is promised for percentiles, and that of adding floats in any order.
PERCENTILE_ERROR = 0.0099
ROUNDING_ERROR = 1e-12

right_percentile = calculations.percentile
right_total = calculations.total
right_order_terms = evaluate.order_terms
right_row_of = evaluate.row_of


def rough_percentile(
    weighted: list[tuple[values.Number, int]], thousandths: int
) -> values.Number:
    """Anywhere within the error; orders and havings then follow the rough value."""
    noise = random.Random(repr((len(weighted), weighted[0], thousandths))).uniform(-1, 1)
    return right_percentile(weighted, thousandths) * (1 + noise * PERCENTILE_ERROR)


def rounded_total(weighted: list[tuple[values.Number, int]]) -> float:
    """Rounding errors of either sign."""
    noise = random.Random(repr((len(weighted), weighted[0]))).uniform(-1, 1)
    return right_total(weighted) * (1 + noise * ROUNDING_ERROR)


def free_ties(query: dict[str, Any], asked: Any, breakdowns: list[str]) -> list[OrderTerm]:
    """Groups that tie in the orders of the query come in reverse."""
    terms = right_order_terms(query, asked, breakdowns)
    explicit = len(query.get("orders") or [])
    if not explicit:
        return terms
    return terms[:explicit] + [OrderTerm(None, term.breakdown, True) for term in terms[explicit:]]


def own_kind(value: Key, is_text: bool) -> Key:
    """Keys of a field with several kinds keep the kind of their first value."""
    return value


def numbers_as_floats(answer: Answer, group: Group, cells: Cells) -> Cells:
    """Every number has a fraction."""
    row = right_row_of(answer, group, cells)
    return {name: float(value) if type(value) is int else value for name, value in row.items()}


LIBERTIES = Mistake("every liberty that the rules give", (
    (calculations, "percentile", rough_percentile),
    (calculations, "total", rounded_total),
    (evaluate, "order_terms", free_ties),
    (evaluate, "rendered_key", own_kind),
    (evaluate, "row_of", numbers_as_floats),
))
