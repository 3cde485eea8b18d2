"""Compares the series of an aggregate query: one row for each bucket of each group.

With a granularity in the query every cell is compared. Without one the server chooses the width of
the buckets, and only what holds for any width is checked.
"""

from __future__ import annotations

from typing import Any

from comparison.agreement import cell_problem, key_text
from evaluator.evaluate import NS_PER_S, Answer, Group
from evaluator.raw_rows import ns_of_rfc3339

KeyText = tuple[str | None, ...]
SeriesKey = tuple[KeyText, int]


def series_problems(answer: Answer, shown: list[Group], series: list[Any]) -> list[str]:
    """All differences in the series of the groups that the results show."""
    groups = {tuple(key_text(part) for part in group.key): group for group in shown}
    found, problems = index_series(answer, groups, series)
    if problems:
        return problems
    if not answer.query.get("granularity"):
        return total_problems(answer, groups, found)
    wanted = {(key, start_s * NS_PER_S): (group, start_s)
              for key, group in groups.items() for start_s in group.series}
    if missing := sorted(set(wanted) - set(found), key=repr):
        return [f"the series lacks {missing[0]!r} and {len(missing) - 1} more"]
    if extra := sorted(set(found) - set(wanted), key=repr):
        return [f"the series has {extra[0]!r} and {len(extra) - 1} more that are not expected"]
    for place, (group, start_s) in wanted.items():
        for calculation in answer.calculations:
            name = calculation.name
            problem = cell_problem(calculation, group.series[start_s][name], found[place][name],
                                   group.series_magnitudes[start_s][name])
            if problem:
                problems.append(f"series of {group.key!r} at {start_s}: {problem}")
    return problems


def index_series(
    answer: Answer, groups: dict[KeyText, Group], series: list[Any]
) -> tuple[dict[SeriesKey, dict[str, Any]], list[str]]:
    """The rows of a series by group and time in ns."""
    names = {*answer.breakdowns, *(item.name for item in answer.calculations)}
    found: dict[SeriesKey, dict[str, Any]] = {}
    for item in series:
        row = item.get("data") if isinstance(item, dict) else None
        if not isinstance(row, dict) or set(row) != names:
            return {}, [f"a series row has other keys than {sorted(names)}: {item!r}"]
        try:
            time_ns = ns_of_rfc3339(item["time"])
        except (KeyError, TypeError, ValueError) as error:
            return {}, [f"a series row has no good time: {item!r} ({error})"]
        key = tuple(key_text(row[name]) for name in answer.breakdowns)
        if key not in groups:
            return {}, [f"the series has group {key!r}, which the results do not have"]
        if (key, time_ns) in found:
            return {}, [f"the series has group {key!r} twice at {item['time']}"]
        found[key, time_ns] = row
    return found, []


def total_problems(
    answer: Answer, groups: dict[KeyText, Group], found: dict[SeriesKey, dict[str, Any]]
) -> list[str]:
    """For buckets of any width: the counts over time add up to the count of the whole."""
    counted = {key: 0 for key in groups}
    name = "COUNT"
    if name not in {calculation.name for calculation in answer.calculations}:
        return []
    for (key, _), row in found.items():
        if not isinstance(row[name], (int, float)):
            return [f"the series of {key!r} has {row[name]!r} as a count"]
        counted[key] += row[name]
    for key, group in groups.items():
        if counted[key] != group.cells[name]:
            return [f"the series of {key!r} adds up to {counted[key]}, "
                    f"the result is {group.cells[name]}"]
    return []
