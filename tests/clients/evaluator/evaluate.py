"""Evaluates a query specification over a list of events.

The result keeps every group, also those beyond the limit, so that a comparison can tell which
choices were open where groups tie. `render` makes of it the JSON that the server would answer.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from evaluator import calculations, filters, values
from evaluator.calculations import Calculation
from evaluator.translate import Event

NS_PER_S = 1_000_000_000

ALL_DATASETS = "__all__"

# What the query specification takes where a query is silent.
TIME_RANGE_DEFAULT_S = 7200
LIMIT_DEFAULT = 1000

Key = values.Value | None
Cells = dict[str, Any]


@dataclass
class Group:
    """One row of the results: its key, its calculations, and its series by bucket start (s)."""

    key: tuple[Key, ...]
    members: list[Event]
    cells: Cells
    magnitudes: dict[str, float]
    series: dict[int, Cells] = field(default_factory=dict)
    series_magnitudes: dict[int, dict[str, float]] = field(default_factory=dict)


@dataclass
class Answer:
    """All groups in order, before havings and limit, with what the query asked of them."""

    query: dict[str, Any]
    breakdowns: list[str]
    calculations: list[Calculation]
    havings: list[tuple[Calculation, str, values.Number]]
    orders: list[OrderTerm]
    limit: int
    groups: list[Group]
    matching: list[Event]


@dataclass(frozen=True)
class OrderTerm:
    """One key of the order: a calculation, or the column at a place among the breakdowns."""

    calculation: Calculation | None
    breakdown: int | None
    descending: bool

    def value_of(self, group: Group) -> Any:
        """What this term compares in a group."""
        if self.calculation is not None:
            return group.cells[self.calculation.name]
        return group.key[self.breakdown]


def evaluate(
    query: dict[str, Any], events: list[Event], dataset: str, now_s: float
) -> Answer:
    """Answers a query about one dataset, or about all of them."""
    start_ns, end_ns = time_range_ns(query, now_s)
    in_view = [event for event in events
               if in_dataset(event, dataset) and in_range(event.time_ns, start_ns, end_ns)]
    matching = [event for event in in_view if filters.passes(query, event.data)]
    breakdowns = list(query.get("breakdowns") or [])
    asked = asked_calculations(query)
    havings = asked_havings(query)
    shown = {calculation.name: calculation for calculation in asked}
    needed = shown | {calculation.name: calculation for calculation, _, _ in havings}
    mixed = [is_mixed(in_view, column) for column in breakdowns]
    groups = [make_group(members, breakdowns, mixed, list(needed.values()), list(shown.values()),
                         query.get("granularity") or 0)
              for members in members_by_key(matching, breakdowns)]
    orders = order_terms(query, asked, breakdowns)
    groups.sort(key=functools.cmp_to_key(lambda a, b: compare_groups(a, b, orders)))
    limit = query.get("limit") or LIMIT_DEFAULT
    return Answer(query, breakdowns, asked, havings, orders, limit, groups, matching)


def time_range_ns(query: dict[str, Any], now_s: float) -> tuple[int, int]:
    """The half-open range [start, end) of a query, in ns."""
    start, end = query.get("start_time"), query.get("end_time")
    span = query.get("time_range") or TIME_RANGE_DEFAULT_S
    if start is None and end is None:
        end = now_s
    if end is None:
        end = start + span
    if start is None:
        start = end - span
    return int(start * NS_PER_S), int(end * NS_PER_S)


def in_range(time_ns: int, start_ns: int, end_ns: int) -> bool:
    """The start belongs to the range, the end does not."""
    return start_ns <= time_ns < end_ns


def in_dataset(event: Event, dataset: str) -> bool:
    """Dataset names match whatever the case of their letters."""
    return dataset == ALL_DATASETS or event.dataset.lower() == dataset.lower()


def asked_calculations(query: dict[str, Any]) -> list[Calculation]:
    """The calculations of a query; COUNT where it names none."""
    asked = [Calculation(item["op"], item.get("column"))
             for item in query.get("calculations") or []]
    return asked or [Calculation("COUNT")]


def asked_havings(query: dict[str, Any]) -> list[tuple[Calculation, str, values.Number]]:
    """The conditions on groups, each with the calculation it looks at."""
    return [(Calculation(item["calculate_op"], item.get("column")), item["op"], item["value"])
            for item in query.get("havings") or []]


def is_mixed(events: list[Event], column: str) -> bool:
    """True where a field has values of more than one kind among the events."""
    kinds = {values.kind_of(event.data[column]) for event in events if column in event.data}
    return len(kinds) > 1


def members_by_key(events: list[Event], breakdowns: list[str]) -> list[list[Event]]:
    """The events of each group; without breakdowns one group, even of nothing."""
    if not breakdowns:
        return [events]
    members: dict[tuple[str | None, ...], list[Event]] = {}
    for event in events:
        key = tuple(calculations.group_key(event.data.get(column)) for column in breakdowns)
        members.setdefault(key, []).append(event)
    return list(members.values())


def make_group(
    members: list[Event], breakdowns: list[str], mixed: list[bool], needed: list[Calculation],
    shown: list[Calculation], granularity_s: int,
) -> Group:
    """Calculates one group and, where a granularity is asked for, its series."""
    key = tuple(rendered_key(members[0].data.get(column), is_text)
                for column, is_text in zip(breakdowns, mixed))
    group = Group(key, members, cells_of(needed, members), magnitudes_of(needed, members))
    if not granularity_s:
        return group
    buckets: dict[int, list[Event]] = {}
    for event in members:
        buckets.setdefault(bucket_start_s(event.time_ns, granularity_s), []).append(event)
    for start_s, bucket_events in sorted(buckets.items()):
        group.series[start_s] = cells_of(shown, bucket_events)
        group.series_magnitudes[start_s] = magnitudes_of(shown, bucket_events)
    return group


def rendered_key(value: Key, is_text: bool) -> Key:
    """A group's key: the value itself, or its text where the field has several kinds."""
    return values.text_form(value) if is_text and value is not None else value


def bucket_start_s(time_ns: int, granularity_s: int) -> int:
    """The start of the bucket a time falls in; buckets are counted from the epoch."""
    return time_ns // (granularity_s * NS_PER_S) * granularity_s


def cells_of(needed: list[Calculation], events: list[Event]) -> Cells:
    """All calculations over some events, by name."""
    return {item.name: calculations.calculate(item, events) for item in needed}


def magnitudes_of(needed: list[Calculation], events: list[Event]) -> dict[str, float]:
    """The size of what each calculation adds up, by name."""
    return {item.name: calculations.magnitude(item, events) for item in needed}


def order_terms(
    query: dict[str, Any], asked: list[Calculation], breakdowns: list[str]
) -> list[OrderTerm]:
    """The orders of a query, or the default one; then the group's key, ascending."""
    terms = []
    for item in query.get("orders") or []:
        descending = item.get("order") == "descending"
        if item.get("op"):
            terms.append(OrderTerm(Calculation(item["op"], item.get("column")), None, descending))
        else:
            terms.append(OrderTerm(None, breakdowns.index(item["column"]), descending))
    if not terms:
        sortable = [calculation for calculation in asked if calculation.op != "HEATMAP"]
        terms += [OrderTerm(calculation, None, True) for calculation in sortable[:1]]
    return terms + [OrderTerm(None, place, False) for place in range(len(breakdowns))]


def compare_groups(left: Group, right: Group, orders: list[OrderTerm]) -> int:
    """Orders two groups by the terms in turn."""
    for term in orders:
        order = compare_cells(term.value_of(left), term.value_of(right), term.descending)
        if order:
            return order
    return 0


def compare_cells(left: Any, right: Any, descending: bool) -> int:
    """Orders two cells; what is missing comes last in both directions."""
    if left is None or right is None:
        return (left is None) - (right is None)
    order = values.compare(left, right)
    return -order if descending else order


def having_holds(cell: Any, op: str, wanted: values.Number) -> bool:
    """Judges one having; a calculation without an answer satisfies none."""
    if cell is None:
        return False
    if op == "!=":
        return not filters.order_holds("=", values.compare(cell, wanted))
    return filters.order_holds(op, values.compare(cell, wanted))


def kept_groups(answer: Answer) -> list[Group]:
    """The groups that satisfy all havings, in order, up to the limit."""
    kept = [group for group in answer.groups
            if all(having_holds(group.cells[calculation.name], op, wanted)
                   for calculation, op, wanted in answer.havings)]
    return kept[:answer.limit]


def total_of(answer: Answer) -> Group:
    """All events as one group, whatever the havings say."""
    return together(answer, answer.matching)


def others_of(answer: Answer, shown: list[Group]) -> Group:
    """The events of all groups that are not shown, as one group."""
    left_out = {id(group) for group in shown}
    return together(answer, [event for group in answer.groups if id(group) not in left_out
                             for event in group.members])


def together(answer: Answer, events: list[Event]) -> Group:
    """Some events as one group."""
    granularity_s = answer.query.get("granularity") or 0
    return make_group(events, [], [], answer.calculations, answer.calculations, granularity_s)


def render(answer: Answer) -> dict[str, Any]:
    """The answer as the server's JSON has it."""
    kept = kept_groups(answer)
    series = []
    for group in kept:
        series += [{"time": time_text(start_s), "data": row_of(answer, group, cells)}
                   for start_s, cells in group.series.items()]
    total = total_of(answer)
    data = {
        "results": [{"data": row_of(answer, group, group.cells)} for group in kept],
        "series": series,
        "total_by_aggregate": {"data": total.cells},
        "total_by_aggregate_series": [{"time": time_text(start_s), "data": cells}
                                      for start_s, cells in total.series.items()],
        "other_by_aggregate": {"data": others_of(answer, kept).cells},
    }
    return {"data": data, "statistics": {}}


def time_text(start_s: int) -> str:
    """A bucket's start as the server writes it."""
    return datetime.fromtimestamp(start_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def row_of(answer: Answer, group: Group, cells: Cells) -> Cells:
    """One row: the breakdowns by name, then the calculations asked for."""
    row: Cells = dict(zip(answer.breakdowns, group.key))
    for calculation in answer.calculations:
        row[calculation.name] = cells[calculation.name]
    return row
