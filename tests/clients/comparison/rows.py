"""Compares raw rows, gathered from all pages, with the events that should be there."""

from __future__ import annotations

from typing import Any

from comparison.agreement import value_problem
from evaluator.raw_rows import ns_of_rfc3339
from evaluator.translate import Event


def row_list_problems(wanted: list[Event], rows: list[Any]) -> list[str]:
    """All differences: times newest first, and at each time the same events in any order."""
    try:
        times = [ns_of_rfc3339(row["time"]) for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        return [f"a row has no good time: {error}"]
    if any(earlier < later for earlier, later in zip(times, times[1:])):
        return ["rows are not newest first"]
    if len(rows) != len(wanted):
        return [f"expected {len(wanted)} rows, found {len(rows)}"]
    if times != [event.time_ns for event in wanted]:
        place = next(i for i, event in enumerate(wanted) if event.time_ns != times[i])
        return [f"row {place}: expected time {wanted[place].time_ns}, found {times[place]}"]
    for first, last in runs_of_equal_times(times):
        problem = run_problem(wanted[first:last], rows[first:last])
        if problem:
            return [f"rows {first} to {last - 1}: {problem}"]
    return []


def runs_of_equal_times(times: list[int]) -> list[tuple[int, int]]:
    """The half-open places of rows that share a time."""
    runs = []
    first = 0
    for place in range(1, len(times) + 1):
        if place == len(times) or times[place] != times[first]:
            runs.append((first, place))
            first = place
    return runs


def run_problem(wanted: list[Event], rows: list[Any]) -> str | None:
    """Pairs events and rows of one time; says what is wrong with the first that has no partner."""
    left = list(rows)
    for event in wanted:
        problems = [row_problem(event, row) for row in left]
        if None in problems:
            del left[problems.index(None)]
            continue
        # The row that differs least in words is the likeliest partner.
        return min((problem for problem in problems if problem), key=len)
    return None


def row_problem(event: Event, row: Any) -> str | None:
    """Compares one row with one event: weight, dataset and every field."""
    if row.get("samplerate") != event.samplerate:
        return f"samplerate: expected {event.samplerate}, found {row.get('samplerate')!r}"
    if str(row.get("dataset")).lower() != event.dataset.lower():
        return f"dataset: expected {event.dataset!r}, found {row.get('dataset')!r}"
    data = row.get("data")
    if not isinstance(data, dict):
        return f"data: expected fields, found {data!r}"
    if missing := sorted(set(event.data) - set(data)):
        return f"fields are missing: {missing}"
    if extra := sorted(set(data) - set(event.data)):
        return f"fields are not expected: {extra}"
    for name, value in event.data.items():
        if problem := value_problem(name, value, data[name]):
            return problem
    return None
