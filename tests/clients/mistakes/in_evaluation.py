"""Mistakes in filters, groups, order, havings, limits, ranges and series."""

from __future__ import annotations

from typing import Any

from evaluator import calculations, evaluate, filters, values
from evaluator.evaluate import Answer, Group, OrderTerm
from evaluator.translate import Event
from mistakes import Mistake, around, mistake

right_clause_holds = filters.clause_holds
right_positive_holds = filters.positive_holds
right_text_holds = filters.text_holds
right_order_holds = filters.order_holds
right_combine = filters.combine
right_compare = values.compare
right_text_form = values.text_form
right_group_key = calculations.group_key
right_members_by_key = evaluate.members_by_key
right_compare_cells = evaluate.compare_cells
right_order_terms = evaluate.order_terms
right_having_holds = evaluate.having_holds
right_kept_groups = evaluate.kept_groups
right_make_group = evaluate.make_group
right_others_of = evaluate.others_of


def false_on_missing(clause: dict[str, Any], data: dict[str, values.Value]) -> bool:
    """Negative operators are false where the field is missing."""
    if clause["column"] not in data and clause["op"] != "does-not-exist":
        return False
    return right_clause_holds(clause, data)


def text_only(op: str, value: values.Value | None, literal: Any) -> bool:
    """Operators on text do not see numbers and booleans."""
    if op in ("starts-with", "ends-with", "contains") and not isinstance(value, str):
        return False
    return right_positive_holds(op, value, literal)


def first_of_list(op: str, value: values.Value | None, literal: Any) -> bool:
    """Only the first item of a list counts."""
    return right_positive_holds(op, value, literal[:1] if op == "in" else literal)


def empty_is_missing(op: str, value: values.Value | None, literal: Any) -> bool:
    """Empty text is taken for a missing field."""
    return right_positive_holds(op, None if value == "" else value, literal)


def kinds_apart(left: values.Value, right: values.Value) -> int:
    """Values of different kinds are never equal."""
    same = values.kind_of(left) == values.kind_of(right)
    return right_compare(left, right) if same else 1


def always_text(left: values.Value, right: values.Value) -> int:
    """A number and a text are compared as text even where the text is a number."""
    if {values.kind_of(left), values.kind_of(right)} == {"number", "text"}:
        return right_compare(values.text_form(left), values.text_form(right))
    return right_compare(left, right)


def text_as_numbers(left: values.Value, right: values.Value) -> int:
    """Two texts that are numbers are compared as numbers."""
    numbers = values.numeric_reading(left), values.numeric_reading(right)
    return right_compare(left, right) if None in numbers else right_compare(*numbers)


def with_fraction(value: values.Value) -> str:
    """A whole float keeps its fraction."""
    return repr(value) if isinstance(value, float) else right_text_form(value)


def without_missing(events: list[Event], breakdowns: list[str]) -> list[list[Event]]:
    """Events that lack a field of the breakdown are in no group."""
    full = [event for event in events if all(column in event.data for column in breakdowns)]
    return right_members_by_key(full, breakdowns)


def missing_first(left: Any, right: Any, descending: bool) -> int:
    """Missing cells come first in descending order."""
    order = right_compare_cells(left, right, descending)
    return -order if descending and None in (left, right) else order


def ascending_default(query: dict[str, Any], asked: Any, breakdowns: list[str]) -> list[OrderTerm]:
    """Without orders the smallest come first."""
    terms = right_order_terms(query, asked, breakdowns)
    if query.get("orders"):
        return terms
    return [OrderTerm(term.calculation, term.breakdown, False) for term in terms]


def ties_reversed(query: dict[str, Any], asked: Any, breakdowns: list[str]) -> list[OrderTerm]:
    """Ties of the default order come in descending order of their key."""
    terms = right_order_terms(query, asked, breakdowns)
    return [OrderTerm(term.calculation, term.breakdown, True) if term.calculation is None
            and not query.get("orders") else term for term in terms]


def null_passes(cell: Any, op: str, wanted: values.Number) -> bool:
    """A calculation without an answer satisfies a having with !=."""
    return op == "!=" if cell is None else right_having_holds(cell, op, wanted)


def one_over_limit(answer: Answer) -> list[Group]:
    """One group more than the limit."""
    answer.limit += 1
    return right_kept_groups(answer)


def limit_before_havings(answer: Answer) -> list[Group]:
    """The limit cuts before the havings choose."""
    answer.groups = answer.groups[:answer.limit]
    return right_kept_groups(answer)


def total_of_passing(answer: Answer) -> Group:
    """Only groups that satisfy the havings count into the total."""
    passing = [group for group in answer.groups
               if all(right_having_holds(group.cells[calculation.name], op, wanted)
                      for calculation, op, wanted in answer.havings)]
    return evaluate.together(answer, [event for group in passing for event in group.members])


def others_beyond_limit(answer: Answer, shown: list[Group]) -> Group:
    """Groups that fail a having are in neither the results nor the rest."""
    failing = [group for group in answer.groups
               if not all(right_having_holds(group.cells[calculation.name], op, wanted)
                          for calculation, op, wanted in answer.havings)]
    return right_others_of(answer, shown + failing)


def lost_bucket(*arguments: Any) -> Group:
    """The last bucket of a series with several is lost."""
    group = right_make_group(*arguments)
    if len(group.series) > 1:
        group.series.popitem()
    return group


def shifted_bucket(time_ns: int, granularity_s: int) -> int:
    """Buckets count from one second after the epoch."""
    size_ns = granularity_s * evaluate.NS_PER_S
    return (time_ns - evaluate.NS_PER_S) // size_ns * granularity_s + 1


MISTAKES: tuple[Mistake, ...] = (
    mistake("!= is false on a missing field", filters, "clause_holds", false_on_missing),
    mistake("<= is <", filters, "order_holds",
            lambda op, order: right_order_holds("<" if op == "<=" else op, order)),
    mistake("> is >=", filters, "order_holds",
            lambda op, order: right_order_holds(">=" if op == ">" else op, order)),
    mistake("OR is AND", filters, "combine", lambda combination, verdicts: all(verdicts)),
    mistake("the first filter alone counts", filters, "combine",
            lambda combination, verdicts: right_combine(combination, verdicts[:1])),
    mistake("text operators ignore case", filters, "text_holds",
            lambda op, text, part: right_text_holds(op, text.lower(), part.lower())),
    mistake("text operators see only text", filters, "positive_holds", text_only),
    mistake("in looks at its first item", filters, "positive_holds", first_of_list),
    mistake("empty text is missing", filters, "positive_holds", empty_is_missing),
    mistake("different kinds are never equal", values, "compare", kinds_apart),
    mistake("numbers and text compare as text", values, "compare", always_text),
    mistake("texts compare as numbers", values, "compare", text_as_numbers),
    mistake("whole floats keep their fraction", values, "text_form", with_fraction),
    mistake("group keys ignore case", calculations, "group_key",
            around(right_group_key, lambda key, value: key and key.lower())),
    mistake("the group of missing values is dropped", evaluate, "members_by_key", without_missing),
    mistake("missing comes first when descending", evaluate, "compare_cells", missing_first),
    mistake("the default order is ascending", evaluate, "order_terms", ascending_default),
    mistake("ties come in reverse", evaluate, "order_terms", ties_reversed),
    mistake("havings are ignored", evaluate, "having_holds", lambda cell, op, wanted: True),
    mistake("null satisfies a having", evaluate, "having_holds", null_passes),
    mistake("the limit is one too many", evaluate, "kept_groups", one_over_limit),
    mistake("the limit comes before havings", evaluate, "kept_groups", limit_before_havings),
    mistake("the total minds havings", evaluate, "total_of", total_of_passing),
    mistake("the rest is what the limit cuts off", evaluate, "others_of", others_beyond_limit),
    mistake("the rest is the total", evaluate, "others_of",
            lambda answer, shown: evaluate.total_of(answer)),
    mistake("a bucket is lost", evaluate, "make_group", lost_bucket),
    mistake("buckets do not count from the epoch", evaluate, "bucket_start_s", shifted_bucket),
    mistake("the end belongs to the range", evaluate, "in_range",
            lambda time_ns, start_ns, end_ns: start_ns <= time_ns <= end_ns),
    mistake("the start does not belong to the range", evaluate, "in_range",
            lambda time_ns, start_ns, end_ns: start_ns < time_ns < end_ns),
    mistake("the default range is a day", evaluate, "TIME_RANGE_DEFAULT_S", 86_400),
    mistake("dataset names mind case", evaluate, "in_dataset",
            lambda event, dataset: dataset in (evaluate.ALL_DATASETS, event.dataset)),
)
