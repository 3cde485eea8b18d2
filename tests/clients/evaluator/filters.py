"""Which events a query's filters let through.

The logic has two values: a positive operator on a missing field is false, and each negative
operator is exactly the opposite of its positive twin, so it is true on a missing field.
"""

from __future__ import annotations

from typing import Any

from evaluator import values

# Each negative operator and the positive one whose answer it turns round.
OPPOSITES = {
    "!=": "=",
    "does-not-start-with": "starts-with",
    "does-not-end-with": "ends-with",
    "does-not-exist": "exists",
    "does-not-contain": "contains",
    "not-in": "in",
}


def passes(query: dict[str, Any], data: dict[str, values.Value]) -> bool:
    """True when an event's fields satisfy all filters (or any of them, for OR)."""
    clauses = query.get("filters") or []
    if not clauses:
        return True
    verdicts = [clause_holds(clause, data) for clause in clauses]
    return combine(query.get("filter_combination"), verdicts)


def combine(combination: str | None, verdicts: list[bool]) -> bool:
    """Joins the verdicts of the single filters; AND is the default."""
    return any(verdicts) if combination == "OR" else all(verdicts)


def clause_holds(clause: dict[str, Any], data: dict[str, values.Value]) -> bool:
    """Judges one filter on one event."""
    op, value = clause["op"], data.get(clause["column"])
    if op in OPPOSITES:
        return not positive_holds(OPPOSITES[op], value, clause.get("value"))
    return positive_holds(op, value, clause.get("value"))


def positive_holds(op: str, value: values.Value | None, literal: Any) -> bool:
    """Judges a positive operator; `value` is None where the event lacks the field."""
    if value is None:
        return False
    if op == "exists":
        return True
    if op == "in":
        return any(values.compare(value, item) == 0 for item in literal)
    if op in ("starts-with", "ends-with", "contains"):
        return text_holds(op, values.text_form(value), values.text_form(literal))
    return order_holds(op, values.compare(value, literal))


def text_holds(op: str, text: str, part: str) -> bool:
    """Judges the operators on text, which mind upper and lower case."""
    if op == "starts-with":
        return text.startswith(part)
    if op == "ends-with":
        return text.endswith(part)
    return part in text


def order_holds(op: str, order: int) -> bool:
    """Judges = > >= < <= from the order of value and literal."""
    if op == "=":
        return order == 0
    if op == ">":
        return order > 0
    if op == ">=":
        return order >= 0
    if op == "<":
        return order < 0
    if op == "<=":
        return order <= 0
    raise ValueError(f"unknown filter operator {op!r}")
