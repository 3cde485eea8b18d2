"""Everything that one way of sending must have left: rows field by field, and whole traces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asking import ask
from evaluator.translate import Event, translate
from otlp.trace_view import sent_traces, trace_problems
from server_api import ServerApi
from workload.queries import Question

# Pages small enough that there are several.
PAGE_ROWS = 50

NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class Sent:
    """What a recorder kept of one way of sending."""

    service: str
    requests: list[dict[str, Any]]

    def events(self) -> list[Event]:
        """The events that the server should have made of it."""
        return [event for request in self.requests for event in translate(request)]


def problems_of(server: ServerApi, sent: Sent) -> list[str]:
    """All differences, in words."""
    problems = row_problems(server, sent.service, sent.events())
    for full_id, trace in sorted(sent_traces(sent.requests).items()):
        problems += trace_problems(server, full_id, trace)
    return [f"{sent.service}: {problem}" for problem in problems]


def row_problems(server: ServerApi, dataset: str, events: list[Event]) -> list[str]:
    """The dataset's raw rows are these events and no others, each with all of its fields."""
    if not events:
        raise ValueError(f"nothing was recorded for {dataset}")
    times = [event.time_ns for event in events]
    query = {"start_time": min(times) // NS_PER_S, "end_time": max(times) // NS_PER_S + 1,
             "limit": PAGE_ROWS}
    question = Question(dataset, query, rows=True)
    outcome = ask(question, events, {}, server.query, query["end_time"])
    return outcome.problems
