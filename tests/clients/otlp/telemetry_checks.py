"""Everything that one way of sending must have left: rows field by field, and whole traces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from asking import Post, ask
from evaluator.attributes import Fields
from evaluator.metrics import translate_metrics
from evaluator.translate import Event, translate
from otlp.trace_view import sent_traces, trace_problems
from otlp.ways import metrics_dataset
from server_api import ServerApi
from workload.queries import Question

# Pages small enough that there are several.
PAGE_ROWS = 50

# Percentiles are powers and fractions of powers.
DIGITS = 9

NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class Sent:
    """What a recorder kept of one way of sending."""

    service: str
    requests: list[dict[str, Any]]

    def events(self) -> list[Event]:
        """The events that the server should have made of the spans and log records."""
        return [event for request in self.requests for event in translate(request)]

    def metrics(self) -> list[Event]:
        """The events that it should have made of the metrics."""
        dataset = metrics_dataset(self.service)
        return [event for request in self.requests
                for event in translate_metrics(request, dataset)]


def problems_of(server: ServerApi, sent: Sent) -> list[str]:
    """All differences, in words."""
    problems = row_problems(server.query, sent.service, sent.events())
    problems += metric_problems(server, sent)
    for full_id, trace in sorted(sent_traces(sent.requests).items()):
        problems += trace_problems(server, full_id, trace)
    return [f"{sent.service}: {problem}" for problem in problems]


def metric_problems(server: ServerApi, sent: Sent) -> list[str]:
    """The same of the metrics, whose percentiles may differ where doubles do."""
    def query(body: dict[str, Any]) -> tuple[int, Any]:
        status, page = server.query(body)
        if status == 200:
            page["rows"] = [row | {"data": rounded(row["data"])} for row in page["rows"]]
        return status, page

    events = [replace(event, data=rounded(event.data)) for event in sent.metrics()]
    return row_problems(query, metrics_dataset(sent.service), events)


def rounded(fields: Fields) -> Fields:
    """Fractions to the digits in which two ways of computing them agree."""
    return {name: float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
            for name, value in fields.items()}


def row_problems(query_rows: Post, dataset: str, events: list[Event]) -> list[str]:
    """The dataset's raw rows are these events and no others, each with all of its fields."""
    if not events:
        raise ValueError(f"nothing was recorded for {dataset}")
    times = [event.time_ns for event in events]
    query = {"start_time": min(times) // NS_PER_S, "end_time": max(times) // NS_PER_S + 1,
             "limit": PAGE_ROWS}
    question = Question(dataset, query, rows=True)
    outcome = ask(question, events, {}, query_rows, query["end_time"])
    return outcome.problems
