"""Puts one question to a server and to the evaluator and says where they differ.

The server may be the real one or a stand-in: anything that takes the body of a query request and
gives back a status and a JSON value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from comparison.results import Kinds, result_problems
from comparison.rows import row_list_problems
from evaluator.evaluate import evaluate, render
from evaluator.raw_rows import PAGE_ROWS_DEFAULT, matching_rows, row_of
from evaluator.translate import Event
from workload.queries import Question

# Takes the body of POST /api/v1/query; gives the HTTP status and the JSON of the answer.
Post = Callable[[dict[str, Any]], tuple[int, Any]]

# What is asked for beside the groups, at every question about groups.
BESIDE = {"disable_total_by_aggregate": False, "disable_other_by_aggregate": False}

# Pages of raw rows are followed no further than this past the number that should be there.
SPARE_PAGES = 2


@dataclass(frozen=True)
class Outcome:
    """What came of one question."""

    problems: list[str]
    expected: Any
    actual: Any
    found_something: bool


def ask(
    question: Question, events: list[Event], kinds: Kinds, post: Post, now_s: float
) -> Outcome:
    """Asks both sides the same question; `now_s` is the end of a range relative to now."""
    if question.rows:
        return _ask_rows(question, events, post, now_s)
    body = {"dataset": question.dataset, "query": question.query} | BESIDE
    status, actual = post(body)
    answer = evaluate(question.query, events, question.dataset, now_s)
    expected = render(answer)
    if status != 200:
        return Outcome([f"status {status}"], expected, actual, False)
    problems = result_problems(answer, actual, kinds)
    found = [row["data"] for row in expected["data"]["results"]]
    something = any(value not in (None, 0, {"buckets": []}) for row in found
                    for value in row.values())
    return Outcome(problems, expected, actual, something)


def _ask_rows(question: Question, events: list[Event], post: Post, now_s: float) -> Outcome:
    wanted = matching_rows(question.query, events, question.dataset, now_s)
    expected = [row_of(event) for event in wanted]
    page_rows = question.query.get("limit", PAGE_ROWS_DEFAULT)
    body = {"dataset": question.dataset, "query": question.query, "rows": True}
    rows: list[Any] = []
    token = None
    for _ in range(len(wanted) // page_rows + SPARE_PAGES):
        status, page = post(body | ({} if token is None else {"next": token}))
        if status != 200:
            return Outcome([f"status {status}"], expected, page, False)
        problem = page_problem(page, page_rows)
        if problem:
            return Outcome([problem], expected, page, False)
        rows += page["rows"]
        token = page["next"]
        if token is None:
            return Outcome(row_list_problems(wanted, rows), expected, rows, bool(wanted))
    return Outcome(["there is a next page after the last row"], expected, rows, bool(wanted))


def page_problem(page: Any, page_rows: int) -> str | None:
    """Checks the form of one page: a page with a next one is full."""
    if not isinstance(page, dict) or not isinstance(page.get("rows"), list) or "next" not in page:
        return "the answer has no rows and next"
    if len(page["rows"]) > page_rows:
        return f"a page of {page_rows} has {len(page['rows'])} rows"
    if page["next"] is not None and 0 < len(page["rows"]) < page_rows:
        return f"a page of {page_rows} has {len(page['rows'])} rows and yet a next one"
    return None
