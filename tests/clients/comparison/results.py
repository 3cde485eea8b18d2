"""Compares the results and the series of an aggregate query.

Rows are matched by group key. Then the cells are compared, then which groups are there at all
(havings and limit), then their order, then the series, and last what is beside the groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from comparison.agreement import cell_problem, key_text, tolerance
from comparison.beside import beside_problems
from comparison.series import series_problems
from evaluator.calculations import PERCENTILES
from evaluator.evaluate import Answer, Group, OrderTerm, compare_cells, having_holds
from evaluator.values import kind_of

KeyText = tuple[str | None, ...]

# The kinds of values ever sent under a field name; where there are several, a group key may come
# back as text or as itself, and keys of that field have no certain order.
Kinds = dict[str, set[str]]

# Calculations whose value may differ a little, so that an order or a having on them may too.
INEXACT_OPS = {*PERCENTILES, "SUM", "AVG"}


@dataclass
class Match:
    """A row of the server beside the group it shows."""

    group: Group
    row: dict[str, Any]


def result_problems(answer: Answer, body: Any, kinds: Kinds) -> list[str]:
    """All differences between the evaluator's answer and the server's."""
    data = body.get("data") if isinstance(body, dict) else None
    rows = data.get("results") if isinstance(data, dict) else None
    series = data.get("series") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not isinstance(series, list):
        return ["the answer has no data.results and data.series"]
    matches, problems = match_rows(answer, rows, kinds)
    if problems:
        return problems
    for match in matches:
        problems += row_problems(answer, match)
    problems += membership_problems(answer, matches, kinds)
    problems += order_problems(answer, matches, kinds)
    shown = [match.group for match in matches]
    problems += series_problems(answer, shown, series)
    return problems + beside_problems(answer, shown, data)


def match_rows(
    answer: Answer, rows: list[Any], kinds: Kinds
) -> tuple[list[Match], list[str]]:
    """Finds the group of every row by its key."""
    groups = {tuple(key_text(part) for part in group.key): group for group in answer.groups}
    names = {*answer.breakdowns, *(item.name for item in answer.calculations)}
    matches: list[Match] = []
    seen: set[KeyText] = set()
    for item in rows:
        row = item.get("data") if isinstance(item, dict) else None
        if not isinstance(row, dict) or set(row) != names:
            return [], [f"a row has other keys than {sorted(names)}: {row!r}"]
        key = tuple(key_text(row[name]) for name in answer.breakdowns)
        if key not in groups:
            return [], [f"group {key!r} is not expected"]
        if key in seen:
            return [], [f"group {key!r} appears twice"]
        seen.add(key)
        group = groups[key]
        for name, wanted in zip(answer.breakdowns, group.key):
            if not rendered_alike(name, wanted, row[name], kinds):
                return [], [f"breakdown {name}: expected {wanted!r}, found {row[name]!r}"]
        matches.append(Match(group, row))
    return matches, []


def rendered_alike(name: str, wanted: Any, found: Any, kinds: Kinds) -> bool:
    """A key keeps its kind, except where its field has several."""
    if wanted is None or is_mixed(name, kinds):
        return True
    return kind_of(wanted) == kind_of(found)


def is_mixed(name: str, kinds: Kinds) -> bool:
    """True where values of more than one kind were sent under a name."""
    return len(kinds.get(name, set())) > 1


def row_problems(answer: Answer, match: Match) -> list[str]:
    """Compares the cells of one row."""
    problems = []
    for calculation in answer.calculations:
        name = calculation.name
        problem = cell_problem(calculation, match.group.cells[name], match.row[name],
                               match.group.magnitudes[name])
        if problem:
            problems.append(f"group {match.group.key!r}: {problem}")
    return problems


def survival(answer: Answer, group: Group) -> bool | None:
    """Whether a group satisfies all havings; None where rounding may decide."""
    doubtful = False
    for calculation, op, wanted in answer.havings:
        cell = group.cells[calculation.name]
        if cell is not None and calculation.op in INEXACT_OPS:
            slack = tolerance(calculation, cell, group.magnitudes[calculation.name])
            if abs(cell - wanted) <= slack:
                doubtful = True
                continue
        if not having_holds(cell, op, wanted):
            return False
    return None if doubtful else True


def membership_problems(answer: Answer, matches: list[Match], kinds: Kinds) -> list[str]:
    """Checks that no group is there or missing against havings, limit and order."""
    verdicts = {id(group): survival(answer, group) for group in answer.groups}
    shown = {id(match.group) for match in matches}
    wrong = [match.group.key for match in matches if verdicts[id(match.group)] is False]
    if wrong:
        return [f"groups that fail a having are there: {wrong[:3]!r}"]
    omitted = [group for group in answer.groups
               if verdicts[id(group)] is True and id(group) not in shown]
    if len(matches) > answer.limit:
        return [f"{len(matches)} rows exceed the limit of {answer.limit}"]
    if len(matches) < answer.limit:
        return [f"groups are missing: {[group.key for group in omitted[:3]]!r}"] if omitted else []
    for group in omitted:
        if relation(answer, group, matches[-1].group, kinds) == "before":
            return [f"group {group.key!r} is left out, but {matches[-1].group.key!r} is there"]
    return []


def order_problems(answer: Answer, matches: list[Match], kinds: Kinds) -> list[str]:
    """Checks each row against the one before it."""
    for earlier, later in zip(matches, matches[1:]):
        if relation(answer, earlier.group, later.group, kinds) == "after":
            return [f"group {earlier.group.key!r} stands before {later.group.key!r}"]
    return []


def relation(answer: Answer, left: Group, right: Group, kinds: Kinds) -> str:
    """Where `left` belongs: "before" or "after" `right`, or "open" where either way is right.

    Groups that tie in the orders of the query may stand either way. Without orders the default
    order decides ties by group key.
    """
    explicit = len(answer.query.get("orders") or [])
    terms = answer.orders[:explicit] if explicit else answer.orders
    for term in terms:
        if is_open(answer, term, left, right, kinds):
            return "open"
        order = compare_cells(term.value_of(left), term.value_of(right), term.descending)
        if order:
            return "before" if order < 0 else "after"
    return "open"


def is_open(answer: Answer, term: OrderTerm, left: Group, right: Group, kinds: Kinds) -> bool:
    """True where a term cannot tell for certain which of two groups comes first."""
    if term.calculation is None:
        return is_mixed(answer.breakdowns[term.breakdown], kinds)
    values = term.value_of(left), term.value_of(right)
    if term.calculation.op not in INEXACT_OPS or None in values:
        return False
    slack = sum(tolerance(term.calculation, value, group.magnitudes[term.calculation.name])
                for value, group in zip(values, (left, right)))
    return abs(values[0] - values[1]) <= slack
