"""Compares what an aggregate query tells beside its groups: the total, its series, and the rest.

The rest is that of the groups which this very answer does not show, because where groups tie there
is a choice of which are shown.
"""

from __future__ import annotations

from typing import Any

from comparison.agreement import cell_problem
from comparison.series import series_problems
from evaluator.evaluate import Answer, Group, others_of, total_of


def beside_problems(answer: Answer, shown: list[Group], data: dict[str, Any]) -> list[str]:
    """All differences in the total and in the rest."""
    total = total_of(answer)
    problems = cell_problems(answer, "total_by_aggregate", total, data)
    problems += cell_problems(answer, "other_by_aggregate", others_of(answer, shown), data)
    series = data.get("total_by_aggregate_series")
    if not isinstance(series, list):
        return problems + ["the answer has no total_by_aggregate_series"]
    # As the series of a query with the same calculations that has no groups.
    whole = Answer(answer.query, [], answer.calculations, [], [], 1, [total], answer.matching)
    return problems + [f"total: {problem}" for problem in series_problems(whole, [total], series)]


def cell_problems(answer: Answer, name: str, wanted: Group, data: dict[str, Any]) -> list[str]:
    """Compares the calculations of one of them."""
    found = data.get(name)
    cells = found.get("data") if isinstance(found, dict) else None
    names = {calculation.name for calculation in answer.calculations}
    if not isinstance(cells, dict) or set(cells) != names:
        return [f"{name} has other keys than {sorted(names)}: {found!r}"]
    problems = []
    for calculation in answer.calculations:
        cell = calculation.name
        problem = cell_problem(calculation, wanted.cells[cell], cells[cell],
                               wanted.magnitudes[cell])
        if problem:
            problems.append(f"{name}: {problem}")
    return problems
