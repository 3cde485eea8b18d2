"""Checks that everything an example sent is found through the server's API.

Each check asks the way a user would: by name, by attribute, by error, by trace id. Problems are
gathered in words, so that one run shows all of them. What differs from example to example is in a
subclass for each.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from server_api import ApiError, ServerApi
from traffic import Sent

Row = dict[str, Any]

ROWS_MAX = 10_000

# The status of a response under the old and the new name of the semantic conventions.
STATUS_FIELDS = ("http.status_code", "http.response.status_code")

SPAN_ID_LENGTH = 16


@dataclass
class Checks:
    """All checks on the requests of one or more rounds, sent within a time range (unix s)."""

    # The name that the example gives itself, and so its dataset.
    service_name: ClassVar[str]
    # The last part of the exception's type, and its message, where a request fails.
    exception_type: ClassVar[str]
    exception_message: ClassVar[str]
    # As many spans of a failed request show an error, and as many of them the exception.
    failed_spans: ClassVar[int]
    exceptions: ClassVar[int]

    server: ServerApi
    run: str
    sent: list[Sent]
    start_s: int
    end_s: int

    def own_rows(self, request: Sent) -> list[Row]:
        """The server span and the log line of a request, found by what they have in common."""
        raise NotImplementedError

    def run_filter(self) -> Row:
        """One filter that all requests of the run pass and nothing else does."""
        raise NotImplementedError

    def shown_user(self, request: Sent) -> str:
        """The user that the example notes for a request."""
        return request.user_id

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

    def rows(self, *filters: tuple[str, str, Any], dataset: str | None = None) -> list[Row]:
        """The fields of all events that pass the filters; by default in the example's dataset."""
        query = {"start_time": self.start_s, "end_time": self.end_s, "limit": ROWS_MAX,
                 "filters": [clause(*item) for item in filters]}
        status, body = self.server.query({"dataset": dataset or self.service_name,
                                          "query": query, "rows": True})
        if status != 200 or body.get("next") is not None:
            raise ApiError(f"rows for {filters!r}: status {status}, {str(body)[:500]}")
        return [row["data"] for row in body["rows"]]

    def request_problems(self, request: Sent) -> list[str]:
        """What one request left: its server span, its log line, its spans below, its trace."""
        own = self.own_rows(request)
        spans = [row for row in own if "trace.span_id" in row]
        logs = [row for row in own if row.get("meta.signal_type") == "log"]
        if len(spans) != 1 or len(logs) != 1 or len(own) != 2:
            return [f"one server span and one log line were expected, found {own!r}"]
        problems = self.server_span_problems(request, spans[0])
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
        rows = [row for row in self.rows(("error", "=", True)) if row.get("trace.trace_id") in own]
        spans = [row for row in rows if "trace.span_id" in row]
        shown = [row for row in spans if row.get("exception.message") == self.exception_message]
        events = [row for row in rows if self.is_exception_event(row)]
        problems = []
        for title, found, count in (("failed spans", spans, self.failed_spans),
                                    ("spans that show the exception", shown, self.exceptions),
                                    ("exception events", events, self.exceptions)):
            counts = Counter(row["trace.trace_id"] for row in found)
            if counts != {trace_id: count for trace_id in failed}:
                problems.append(f"{title}: expected {count} each of {sorted(failed)}, "
                                f"found {dict(counts)}")
        return problems

    def count_problems(self) -> list[str]:
        """Counted by name: every request exactly once."""
        wanted = Counter(request.span_name for request in self.sent)
        query = {"start_time": self.start_s, "end_time": self.end_s, "breakdowns": ["name"],
                 "filters": [self.run_filter(), clause("span.kind", "=", "server")]}
        status, body = self.server.query({"dataset": self.service_name, "query": query})
        if status != 200:
            return [f"count by name: status {status}, {str(body)[:300]}"]
        found = {row["data"]["name"]: row["data"]["COUNT"] for row in body["data"]["results"]}
        if found == wanted:
            return []
        return [f"counts by name: expected {dict(wanted)}, found {found}"]

    def server_span_problems(self, request: Sent, span: Row) -> list[str]:
        """The span of the request itself."""
        wanted = {"name": request.span_name, "trace.trace_id": request.shown_trace_id,
                  "trace.parent_id": request.parent_id, "span.kind": "server",
                  "service.name": self.service_name, "app.user_id": self.shown_user(request)}
        problems = [f"{field} of the server span: expected {value!r}, found {span.get(field)!r}"
                    for field, value in wanted.items() if span.get(field) != value]
        if request.status not in [span.get(field) for field in STATUS_FIELDS]:
            problems.append(f"the server span does not show status {request.status}")
        if (span.get("error") is True) != request.is_failure:
            problems.append(f"error of the server span is {span.get('error')!r}")
        return problems

    def is_exception_event(self, row: Row) -> bool:
        """True for the span event that records the exception."""
        return (row.get("meta.annotation_type") == "span_event" and row.get("name") == "exception"
                and str(row.get("exception.type")).endswith(self.exception_type)
                and row.get("exception.message") == self.exception_message)


def clause(column: str, op: str, value: Any) -> dict[str, Any]:
    """One filter of a query."""
    return {"column": column, "op": op, "value": value}


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


def split_ids(joined: Any) -> list[str]:
    """Span ids as the trace API has them: one text, every 16 digits an id; or a plain list."""
    if isinstance(joined, list):
        return [str(item) for item in joined]
    text = str(joined)
    return [text[place:place + SPAN_ID_LENGTH] for place in range(0, len(text), SPAN_ID_LENGTH)]
