"""Random query specifications over a population of events."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from evaluator.calculations import PERCENTILES
from evaluator.evaluate import ALL_DATASETS
from evaluator.values import Value, kind_of, text_form
from workload.attributes import MIXED, NUMBER_LIKE
from workload.population import Population
from workload.rounds import RUN_FIELD
from workload.windows import time_window, window_query

# Datasets that other senders may share; queries on them keep to this run by a filter.
SHARED_DATASETS = ("unknown_service", "unknown_log_source", ALL_DATASETS)

NUMERIC = ("app.latency", "app.latency", "duration_ms", "duration_ms", "app.number", "app.float",
           "app.status", "app.large", "app.large", "app.large", "app.number_like",
           "app.text_or_number", "app.mixed",
           "app.map.a", "severity_code", "meta.time_since_span_start_ms", "span.num_events",
           "app.rare", "app.flag", "app.word", "deploy.index", "app.never_sent")

# Fields whose values are of one kind, then those whose values are of several.
GROUPING = ("app.status", "app.word", "app.flag", "app.number", "app.float", "app.number_like",
            "app.user_id", "name", "span.kind", "service.name", "severity", "library.name",
            "meta.signal_type", "meta.annotation_type", "host.name", "app.rare", "app.map.b.c",
            "deploy.index", "ünï.field with space", "app.large", "trace.trace_id")
GROUPING_MIXED = ("app.mixed", "app.text_or_number", "status_code", "error", "body")

ORDER_OPS = ("=", "!=", ">", ">=", "<", "<=")
TEXT_OPS = ("starts-with", "does-not-start-with", "ends-with", "does-not-end-with", "contains",
            "does-not-contain")
LIST_OPS = ("in", "not-in")
PRESENCE_OPS = ("exists", "does-not-exist")

OPS_WITH_COLUMN = ("SUM", "AVG", "MIN", "MAX", "COUNT_DISTINCT", "HEATMAP")


@dataclass(frozen=True)
class Question:
    """One request to the query API; rows are asked for by pages of `query["limit"]`."""

    dataset: str
    query: dict[str, Any]
    rows: bool


def make_question(rng: random.Random, population: Population) -> Question:
    """One random question; one in seven asks for raw rows."""
    dataset = _dataset(rng, population)
    if rng.random() < 1 / 7:
        query = _row_query(rng, population)
        rows = True
    else:
        query = _aggregate_query(rng, population)
        rows = False
    if dataset in SHARED_DATASETS:
        query["filters"] = query.get("filters", []) + [
            {"column": RUN_FIELD, "op": "=", "value": population.token}]
        query.pop("filter_combination", None)
    return Question(dataset, query, rows)


def _dataset(rng: random.Random, population: Population) -> str:
    """A dataset, its letters in any case now and then."""
    own = [name for name in population.datasets if name not in SHARED_DATASETS]
    shared = [name for name in population.datasets if name in SHARED_DATASETS]
    if not own or rng.random() < 0.35:
        return rng.choice(shared + [ALL_DATASETS, ALL_DATASETS])
    name = rng.choice(own)
    return rng.choice((name, name, name.lower(), name.upper()))


def _row_query(rng: random.Random, population: Population) -> dict[str, Any]:
    query: dict[str, Any] = dict(time_window(rng, population)) | _filters(rng, population)
    if rng.random() < 0.8:
        query["limit"] = rng.choice((7, 100, 333, 1000, 10_000))
    return query


def _aggregate_query(rng: random.Random, population: Population) -> dict[str, Any]:
    query = window_query(rng, population) | _filters(rng, population)
    asked = _calculations(rng)
    if asked or rng.random() < 0.5:
        query["calculations"] = asked
    breakdowns = _breakdowns(rng)
    if breakdowns:
        query["breakdowns"] = breakdowns
    if breakdowns and rng.random() < 0.5:
        query["orders"] = _orders(rng, asked, breakdowns)
    if rng.random() < 0.25:
        query["havings"] = [_having(rng, asked, population)
                            for _ in range(rng.choice((1, 1, 2)))]
    if rng.random() < 0.5:
        query["limit"] = rng.choice((1, 2, 3, 5, 10, 50, 1000))
    return query


def _calculations(rng: random.Random) -> list[dict[str, str]]:
    """Up to four different calculations."""
    asked: list[dict[str, str]] = []
    for _ in range(rng.choice((0, 1, 1, 2, 3, 4))):
        item = _calculation(rng)
        if item not in asked:
            asked.append(item)
    return asked


def _calculation(rng: random.Random) -> dict[str, str]:
    choice = rng.random()
    if choice < 0.2:
        return {"op": "COUNT"}
    if choice < 0.3:
        return {"op": "COUNT", "column": rng.choice(NUMERIC + GROUPING + GROUPING_MIXED)}
    if choice < 0.4:
        return {"op": "COUNT_DISTINCT", "column": rng.choice(NUMERIC + GROUPING + GROUPING_MIXED)}
    ops = OPS_WITH_COLUMN + tuple(PERCENTILES) if choice < 0.8 else ("SUM", "SUM", "AVG", "HEATMAP")
    return {"op": rng.choice(ops), "column": rng.choice(NUMERIC)}


def _breakdowns(rng: random.Random) -> list[str]:
    count = rng.choice((0, 0, 1, 1, 1, 2, 3))
    pool = GROUPING + (GROUPING_MIXED if rng.random() < 0.2 else ())
    return sorted(set(rng.choices(pool, k=count)), key=lambda name: rng.random())


def _orders(
    rng: random.Random, asked: list[dict[str, str]], breakdowns: list[str]
) -> list[dict[str, str]]:
    candidates = [dict(item) for item in asked or [{"op": "COUNT"}] if item["op"] != "HEATMAP"]
    candidates += [{"column": column} for column in breakdowns]
    orders = rng.sample(candidates, min(len(candidates), rng.choice((1, 1, 2))))
    for item in orders:
        item |= rng.choice(({}, {"order": "ascending"}, {"order": "descending"}))
    return orders


def _having(
    rng: random.Random, asked: list[dict[str, str]], population: Population
) -> dict[str, Any]:
    """A condition on a calculation of the query or on one that it does not ask for."""
    candidates = [item for item in asked if item["op"] != "HEATMAP"]
    if not candidates or rng.random() < 0.3:
        candidates = [{"op": "COUNT"}, {"op": "MAX", "column": "app.status"},
                      {"op": "AVG", "column": "app.latency"}, {"op": "MIN", "column": "app.rare"},
                      {"op": "P50", "column": "app.map.a"}]
    chosen = rng.choice(candidates)
    numbers = [value for value in population.values.get(chosen.get("column", ""), [])
               if kind_of(value) == "number"]
    if chosen["op"].startswith("COUNT") or not numbers:
        threshold: Value = rng.choice((0, 1, 2, 10, 100, 1000, rng.randint(1, 5000)))
    else:
        threshold = rng.choice(numbers)
    having = {"calculate_op": chosen["op"], "op": rng.choice(ORDER_OPS), "value": threshold}
    return having | ({"column": chosen["column"]} if "column" in chosen else {})


def _filters(rng: random.Random, population: Population) -> dict[str, Any]:
    """None to three filters, joined by AND (said or not) or OR."""
    count = rng.choice((0, 0, 1, 1, 2, 3))
    if not count:
        return {}
    combination = rng.choice(({}, {"filter_combination": "AND"}, {"filter_combination": "OR"}))
    return {"filters": [_filter(rng, population) for _ in range(count)]} | combination


def _filter(rng: random.Random, population: Population) -> dict[str, Any]:
    column = rng.choice(NUMERIC + GROUPING + GROUPING_MIXED + ("app.mixed", "app.list"))
    op = rng.choice(ORDER_OPS + ORDER_OPS + TEXT_OPS + LIST_OPS + PRESENCE_OPS)
    if op in PRESENCE_OPS:
        return {"column": column, "op": op}
    if op in LIST_OPS:
        literals = [_literal(rng, population, column) for _ in range(rng.randint(1, 4))]
        return {"column": column, "op": op, "value": literals}
    literal = _literal(rng, population, column)
    if op in TEXT_OPS and rng.random() < 0.8:
        part = _part(rng, op, text_form(literal))
        literal = part.swapcase() if rng.random() < 0.25 else part
    return {"column": column, "op": op, "value": literal}


def _literal(rng: random.Random, population: Population, column: str) -> Value:
    """Most often a value of the column, sometimes in another kind, sometimes a stranger."""
    known = population.values.get(column)
    choice = rng.random()
    if not known or choice < 0.1:
        return rng.choice(MIXED + NUMBER_LIKE)
    value = rng.choice(known)
    if choice < 0.25:
        return text_form(value)
    if choice < 0.35 and kind_of(value) == "number":
        return value + rng.choice((-1, 0.5, 1))
    return value


def _part(rng: random.Random, op: str, text: str) -> str:
    """A piece of a text from where the operator looks for it."""
    length = rng.randint(0, max(len(text), 1))
    if "start" in op:
        return text[:length]
    if "end" in op:
        return text[len(text) - length:] if length <= len(text) else text
    first = rng.randint(0, len(text))
    return text[first:first + length]
