"""Checks that everything the Flask example sent is found through the server's API.

Each check asks the way a user would: by name, by attribute, by error, by trace id. Problems are
gathered in words, so that one run shows all of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask_process import SERVICE_NAME
from flask_traffic import Sent
from server_api import ApiError, ServerApi

Row = dict[str, Any]

ROWS_MAX = 10_000

EXCEPTION_TYPE = "StoreUnreachable"
EXCEPTION_MESSAGE = "the activity store cannot be reached"

# The status of a response under the old and the new name of the semantic conventions.
STATUS_FIELDS = ("http.status_code", "http.response.status_code")

SPAN_ID_LENGTH = 16


@dataclass
class Checks:
    """All checks on the requests of one or more rounds, sent within a time range (unix s)."""

    server: ServerApi
    run: str
    sent: list[Sent]
    start_s: int
    end_s: int

    def problems(self) -> list[str]:
        """Runs every check."""
        found: list[str] = []
        for request in self.sent:
            try:
                found += [f"{request.method} {request.full_path} ({request.trace_id}): {problem}"
                          for problem in self.request_problems(request)]
            except ApiError as error:
                found.append(str(error))
        return found + self.name_problems() + self.error_problems() + self.count_problems()

    def rows(self, *filters: tuple[str, str, Any], dataset: str = SERVICE_NAME) -> list[Row]:
        """The fields of all events that pass the filters."""
        query = {"start_time": self.start_s, "end_time": self.end_s, "limit": ROWS_MAX,
                 "filters": [clause(*item) for item in filters]}
        status, body = self.server.query({"dataset": dataset, "query": query, "rows": True})
        if status != 200 or body.get("next") is not None:
            raise ApiError(f"rows for {filters!r}: status {status}, {str(body)[:500]}")
        return [row["data"] for row in body["rows"]]

    def request_problems(self, request: Sent) -> list[str]:
        """What one request left: its server span, its log line, its spans below, its trace."""
        marked = self.rows(("app.request_marker", "=", request.marker))
        spans = [row for row in marked if "trace.span_id" in row]
        logs = [row for row in marked if row.get("meta.signal_type") == "log"]
        if len(spans) != 1 or len(logs) != 1 or len(marked) != 2:
            return [f"by its marker one span and one log line were expected, found {marked!r}"]
        problems = server_span_problems(request, spans[0])
        problems += log_problems(request, logs[0], spans[0])
        everywhere = self.rows(("trace.trace_id", "=", request.shown_trace_id), dataset="__all__")
        problems += trace_row_problems(request, everywhere, spans[0])
        span_ids = {row["trace.span_id"] for row in everywhere if "trace.span_id" in row}
        for spelling in request.trace_id_spellings:
            problems += self.trace_problems(request, spelling, span_ids)
        return problems + self.attribute_problems(request)

    def attribute_problems(self, request: Sent) -> list[str]:
        """A span below, by its name and its attribute."""
        if request.attribute is None:
            return []
        name, field, value = request.attribute
        rows = self.rows(("name", "=", name), (field, "=", value))
        if any(row["trace.trace_id"] == request.shown_trace_id for row in rows):
            return []
        return [f"span {name!r} is not found by {field} = {value!r}"]

    def trace_problems(self, request: Sent, spelling: str, span_ids: set[str]) -> list[str]:
        """The trace by its id: exactly the spans that the rows show, and their names."""
        path = f"/api/v1/traces/{spelling}"
        status, body = self.server.get(path)
        spans = body.get("spans") if isinstance(body, dict) else None
        if status != 200 or not isinstance(spans, dict):
            return [f"GET {path}: status {status}, {str(body)[:300]}"]
        found = split_ids(spans.get("id"))
        if sorted(found) != sorted(span_ids):
            return [f"GET {path}: expected spans {sorted(span_ids)}, found {sorted(found)}"]
        missing = {request.span_name, *request.nested} - set(spans.get("names") or [])
        return [f"GET {path}: lacks the names {sorted(missing)}"] if missing else []

    def name_problems(self) -> list[str]:
        """Every span by its name alone."""
        wanted: dict[str, set[str]] = {}
        for request in self.sent:
            for name in (request.span_name, *request.nested):
                wanted.setdefault(name, set()).add(request.shown_trace_id)
        problems = []
        for name, trace_ids in sorted(wanted.items()):
            found = {row.get("trace.trace_id") for row in self.rows(("name", "=", name))}
            if missing := trace_ids - found:
                problems.append(f"by name {name!r} these traces are not found: {sorted(missing)}")
        return problems

    def error_problems(self) -> list[str]:
        """By error = true: the spans that failed, their exception events, and nothing else."""
        own = {request.shown_trace_id for request in self.sent}
        failed = {request.shown_trace_id for request in self.sent if request.is_failure}
        rows = [row for row in self.rows(("error", "=", True)) if row["trace.trace_id"] in own]
        spans = Counter(row["trace.trace_id"] for row in rows if "trace.span_id" in row)
        events = Counter(row["trace.trace_id"] for row in rows if is_exception_event(row))
        # The exception passes through the span of the mock data and that of the request.
        twice = {trace_id: 2 for trace_id in failed}
        problems = []
        if spans != twice:
            problems.append(f"by error two spans each of {sorted(failed)} were expected, "
                            f"found {dict(spans)}")
        if events != twice:
            problems.append(f"two exception events each of {sorted(failed)} were expected, "
                            f"found {dict(events)}")
        for row in rows:
            if "trace.span_id" in row and row.get("exception.message") != EXCEPTION_MESSAGE:
                problems.append(f"a failed span does not show its exception: {row!r}")
        return problems

    def count_problems(self) -> list[str]:
        """Counted by name: every request exactly once."""
        wanted = Counter(request.span_name for request in self.sent)
        query = {"start_time": self.start_s, "end_time": self.end_s, "breakdowns": ["name"],
                 "filters": [clause("app.request_marker", "starts-with", f"{self.run}-"),
                             clause("span.kind", "=", "server")]}
        status, body = self.server.query({"dataset": SERVICE_NAME, "query": query})
        if status != 200:
            return [f"count by name: status {status}, {str(body)[:300]}"]
        found = {row["data"]["name"]: row["data"]["COUNT"] for row in body["data"]["results"]}
        if found == wanted:
            return []
        return [f"counts by name: expected {dict(wanted)}, found {found}"]


def clause(column: str, op: str, value: Any) -> dict[str, Any]:
    """One filter of a query."""
    return {"column": column, "op": op, "value": value}


def server_span_problems(request: Sent, span: Row) -> list[str]:
    """The span of the request itself."""
    wanted = {"name": request.span_name, "trace.trace_id": request.shown_trace_id,
              "trace.parent_id": request.parent_id, "span.kind": "server",
              "service.name": SERVICE_NAME, "app.user_id": request.user_id}
    problems = [f"{field} of the server span: expected {value!r}, found {span.get(field)!r}"
                for field, value in wanted.items() if span.get(field) != value]
    if request.status not in [span.get(field) for field in STATUS_FIELDS]:
        problems.append(f"the server span does not show status {request.status}")
    if (span.get("error") is True) != request.is_failure:
        problems.append(f"error of the server span is {span.get('error')!r}")
    return problems


def log_problems(request: Sent, log: Row, span: Row) -> list[str]:
    """The log line: its text, and the trace and span it belongs to."""
    body = log.get("body")
    words = f" {request.method} http "
    status = f" {request.status} {HTTPStatus(request.status).phrase.upper()}"
    if not isinstance(body, str) or words not in body or not body.upper().endswith(status):
        return [f"the log line is {body!r}"]
    if (log.get("trace.trace_id"), log.get("trace.parent_id")) != (
            request.shown_trace_id, span["trace.span_id"]):
        return [f"the log line hangs on {log.get('trace.trace_id')}/{log.get('trace.parent_id')}"]
    return []


def trace_row_problems(request: Sent, rows: list[Row], server_span: Row) -> list[str]:
    """All spans of the trace, each once, and each below the server span."""
    spans = {row["trace.span_id"]: row for row in rows if "trace.span_id" in row}
    names = sorted(row["name"] for row in rows if "trace.span_id" in row)
    wanted = sorted([request.span_name, *request.nested])
    if names != wanted:
        return [f"by trace id the spans {wanted} were expected, found {names}"]
    problems = []
    for span in spans.values():
        top = span
        for _ in spans:
            top = spans.get(top.get("trace.parent_id"), top)
        if top is not server_span and top["trace.span_id"] != server_span["trace.span_id"]:
            problems.append(f"span {span['name']!r} does not hang below the server span")
    return problems


def is_exception_event(row: Row) -> bool:
    """True for the span event that records the exception."""
    return (row.get("meta.annotation_type") == "span_event" and row.get("name") == "exception"
            and str(row.get("exception.type")).endswith(EXCEPTION_TYPE)
            and row.get("exception.message") == EXCEPTION_MESSAGE)


def split_ids(joined: Any) -> list[str]:
    """Span ids as the trace API has them: one text, every 16 digits an id; or a plain list."""
    if isinstance(joined, list):
        return [str(item) for item in joined]
    text = str(joined)
    return [text[place:place + SPAN_ID_LENGTH] for place in range(0, len(text), SPAN_ID_LENGTH)]
