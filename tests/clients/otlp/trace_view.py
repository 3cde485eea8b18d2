"""Holds the trace view against the spans that were sent: each once, with all that it shows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from evaluator.translate import span_id, trace_id
from server_api import ServerApi

SPAN_ID_DIGITS = 16
EXCEPTION = "exception"

NS_PER_US = 1000


@dataclass(frozen=True)
class Shown:
    """A span as the view has it."""

    parent: str | None
    name: str
    service: str
    start_ns: int
    duration_ns: int
    status: int
    kind: int
    exceptions: int


@dataclass
class SentTrace:
    """A trace as it was sent: spans by id, names of events, links and log lines by span."""

    spans: dict[str, Shown]
    events: Counter[tuple[str, str]]
    links: Counter[tuple[str, str, str]]
    logs: Counter[str]


def sent_traces(requests: list[dict[str, Any]]) -> dict[str, SentTrace]:
    """All traces of the recorded requests, by their ids in 32 digits."""
    traces: dict[str, SentTrace] = {}
    for service, span in _spans(requests):
        own = traces.setdefault(_full_id(span["traceId"]),
                                SentTrace({}, Counter(), Counter(), Counter()))
        key = span_id(span["spanId"])
        own.spans[key] = _shown(service, span)
        own.events.update((key, event.get("name", "")) for event in span.get("events", []))
        own.links.update((key, trace_id(link["traceId"]), span_id(link["spanId"]))
                         for link in span.get("links", []))
    for request in requests:
        for resource in request.get("resourceLogs", []):
            for scope in resource.get("scopeLogs", []):
                for record in scope.get("logRecords", []):
                    if record.get("traceId"):
                        own = traces[_full_id(record["traceId"])]
                        own.logs[span_id(record["spanId"])] += 1
    return traces


def _spans(requests: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for request in requests:
        for resource in request.get("resourceSpans", []):
            attributes = {item["key"]: item["value"].get("stringValue")
                          for item in resource["resource"]["attributes"]}
            found += [(attributes["service.name"], span) for scope in resource["scopeSpans"]
                      for span in scope["spans"]]
    return found


def _full_id(wire: str) -> str:
    return trace_id(wire).rjust(32, "0")


def _shown(service: str, span: dict[str, Any]) -> Shown:
    start_ns, end_ns = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
    parent = span.get("parentSpanId")
    exceptions = sum(event.get("name") == EXCEPTION for event in span.get("events", []))
    return Shown(span_id(parent) if parent else None, span["name"], service, start_ns,
                 end_ns - start_ns, span.get("status", {}).get("code", 0),
                 span.get("kind", 0), exceptions)


def trace_problems(server: ServerApi, full_id: str, sent: SentTrace) -> list[str]:
    """Asks for one trace; says where the view differs."""
    path = f"/api/v1/traces/{full_id}"
    status, view = server.get(path)
    if status != 200:
        return [f"GET {path}: status {status}, {str(view)[:300]}"]
    try:
        return [f"GET {path}: {problem}" for problem in _view_problems(view, sent)]
    except (KeyError, TypeError, IndexError, ValueError) as error:
        return [f"GET {path}: an answer of another shape ({error!r}): {str(view)[:300]}"]


def _view_problems(view: dict[str, Any], sent: SentTrace) -> list[str]:
    columns = view["spans"]
    joined = columns["id"]
    ids = [joined[at:at + SPAN_ID_DIGITS] for at in range(0, len(joined), SPAN_ID_DIGITS)]
    if sorted(ids) != sorted(sent.spans):
        return [f"expected the spans {sorted(sent.spans)}, found {sorted(ids)}"]
    problems = []
    for place, key in enumerate(ids):
        wanted = sent.spans[key]
        parent = columns["parent"][place]
        # A parent that is not here is shown as missing, not as a place.
        shown_parent = ids[parent] if parent >= 0 else None
        if shown_parent != (wanted.parent if wanted.parent in sent.spans else None):
            problems.append(f"span {key}: expected parent {wanted.parent}, found {shown_parent}")
        found = (columns["names"][columns["name"][place]], columns["svcs"][columns["svc"][place]],
                 columns["status"][place], columns["kind"][place], columns["errs"][place],
                 columns["logs"][place])
        facts = (wanted.name, wanted.service, wanted.status, wanted.kind, wanted.exceptions,
                 sent.logs[key])
        if found != facts:
            problems.append(f"span {key}: expected {facts}, found {found}")
        # Microseconds with decimals, exact to the nanosecond.
        times = (int(view["t0"]) + round(columns["start"][place] * NS_PER_US),
                 round(columns["dur"][place] * NS_PER_US))
        if times != (wanted.start_ns, wanted.duration_ns):
            problems.append(f"span {key}: expected start and duration "
                            f"{(wanted.start_ns, wanted.duration_ns)} ns, found {times}")
    return problems + _attachment_problems(view, ids, sent)


def _attachment_problems(view: dict[str, Any], ids: list[str], sent: SentTrace) -> list[str]:
    names = view["spans"]["names"]
    events = Counter((ids[place], names[name]) for place, name in zip(
        view["events"]["span"], view["events"]["name"], strict=True))
    links = Counter((ids[place], *ends) for place, *ends in zip(
        view["links"]["span"], view["links"]["trace_id"], view["links"]["span_id"], strict=True))
    logs = Counter(ids[place] for place in view["logs"]["span"])
    away = {span.parent for span in sent.spans.values()} - {None, *sent.spans}
    problems = []
    for title, wanted, found in (("events", sent.events, events), ("links", sent.links, links),
                                 ("log lines", sent.logs, logs),
                                 ("missing parents", sorted(away), sorted(view["missing"]))):
        if wanted != found:
            problems.append(f"{title}: expected {wanted}, found {found}")
    return problems
