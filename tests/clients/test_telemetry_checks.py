"""Shows that the checks on SDKs have teeth: the right passes, each planted difference is found.

A server is played twice: as the query API, from events in memory, and as the trace view, from one
written out by hand.
"""

from __future__ import annotations

import copy
import unittest
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from evaluator.translate import Event
from otlp.telemetry_checks import Sent, problems_of
from otlp.trace_view import sent_traces
from stand_in import StandIn

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
ROOT_ID, CHILD_ID = "b7ad6b7169203331", "00f067aa0ba902b7"
START_NS = 1_795_000_000_000_000_000


def attribute(key: str, value: str) -> dict[str, Any]:
    """An attribute that is text."""
    return {"key": key, "value": {"stringValue": value}}


RESOURCE = {"attributes": [attribute("service.name", "basket")]}

REQUESTS = [
    {"resourceSpans": [{"resource": RESOURCE, "scopeSpans": [{"spans": [
        {"traceId": TRACE_ID, "spanId": ROOT_ID, "name": "GET", "kind": 2,
         "startTimeUnixNano": str(START_NS), "endTimeUnixNano": str(START_NS + 5_000_000),
         "links": [{"traceId": TRACE_ID, "spanId": CHILD_ID}]},
        {"traceId": TRACE_ID, "spanId": CHILD_ID, "parentSpanId": ROOT_ID, "name": "SELECT",
         "kind": 3, "status": {"code": 2}, "attributes": [attribute("app.text", "a")],
         "startTimeUnixNano": str(START_NS + 1_500), "endTimeUnixNano": str(START_NS + 9_000),
         "events": [{"name": "exception", "timeUnixNano": str(START_NS + 2_000)}]},
    ]}]}]},
    {"resourceLogs": [{"resource": RESOURCE, "scopeLogs": [{"logRecords": [
        {"timeUnixNano": str(START_NS + 3_000), "traceId": TRACE_ID, "spanId": CHILD_ID,
         "severityNumber": 9, "body": {"stringValue": "line"}}]}]}]},
    {"resourceMetrics": [{"resource": RESOURCE, "scopeMetrics": [{"metrics": [
        {"name": "orders", "sum": {"dataPoints": [
            {"timeUnixNano": str(START_NS + 4_000), "asInt": "7"}]}},
        {"name": "latency", "histogram": {"dataPoints": [
            {"timeUnixNano": str(START_NS + 4_000), "count": "4", "sum": 14.0, "min": 1.0,
             "max": 8.0, "explicitBounds": [5.0], "bucketCounts": ["3", "1"]}]}},
        {"name": "orders", "sum": {"dataPoints": [
            {"timeUnixNano": str(START_NS + 4_000), "asInt": "9",
             "attributes": [attribute("region", "north")]}]}}]}]}]},
]

VIEW: dict[str, Any] = {
    "trace_id": TRACE_ID, "t0": str(START_NS),
    "spans": {"id": ROOT_ID + CHILD_ID, "parent": [-1, 0], "name": [0, 1],
              "names": ["GET", "SELECT", "exception"], "svc": [0, 0], "svcs": ["basket"],
              "start": [0, 1.5], "dur": [5000, 7.5], "status": [0, 2], "kind": [2, 3],
              "logs": [0, 1], "errs": [0, 1]},
    "events": {"span": [1], "t": [2], "name": [2]},
    "links": {"span": [0], "trace_id": [TRACE_ID], "span_id": [CHILD_ID]},
    "logs": {"span": [1], "t": [3], "severity": [9], "body": ["line"]},
    "missing": [], "doubled": 0,
}

SENT = Sent("basket", REQUESTS)
EVENTS = SENT.events() + SENT.metrics()


@dataclass
class Played:
    """Answers like a server: rows from events, one trace from its view."""

    events: list[Event]
    view: dict[str, Any]

    def query(self, body: dict[str, Any]) -> tuple[int, Any]:
        """The query API."""
        return StandIn(self.events, START_NS / 1e9).post(body)

    def get(self, path: str) -> tuple[int, Any]:
        """The trace view."""
        known = path == f"/api/v1/traces/{TRACE_ID}"
        return (200, self.view) if known else (404, {"error": "there is no such trace"})


def problems_with(events: list[Event], view: dict[str, Any]) -> list[str]:
    """What the checks say of a server that answers so."""
    return problems_of(Played(events, view), SENT)


class Rows(unittest.TestCase):
    """The rows of one way of sending."""

    def test_right(self) -> None:
        """Guarantees: a server that shows just what was sent is not complained of."""
        self.assertEqual(problems_with(EVENTS, VIEW), [])

    def test_planted(self) -> None:
        """Guarantees: a lost, doubled, foreign or changed row is found, down to one field."""
        events = EVENTS
        first, last = events[0], events[-1]
        for title, wrong in {
            "lost": events[1:],
            "doubled": [*events, first],
            "later": [replace(first, time_ns=first.time_ns + 1), *events[1:]],
            "weighted": [replace(first, samplerate=2), *events[1:]],
            "a field more": [replace(first, data=first.data | {"extra": 1}), *events[1:]],
            "text for a number": [*events[:-1],
                                  replace(last, data=last.data | {"orders": "9"})],
            "a metric less": events[:-1],
            "a field less": [replace(first, data={name: value for name, value
                                                  in first.data.items() if name != "parent_name"}),
                             *events[1:]],
        }.items():
            with self.subTest(title):
                self.assertNotEqual(problems_with(wrong, VIEW), [])

    def test_nothing(self) -> None:
        """Guarantees: a recorder that took nothing does not count as agreement."""
        with self.assertRaises(ValueError):
            problems_of(Played([], VIEW), Sent("basket", []))


class Metrics(unittest.TestCase):
    """What the evaluator makes of metrics."""

    def test_merged(self) -> None:
        """Guarantees: points of one second share an event if their attributes are the same."""
        both, north = SENT.metrics()
        self.assertEqual((both.time_ns, both.dataset), (START_NS, "basket-metrics"))
        self.assertEqual((both.data["orders"], both.data["latency.count"]), (7, 4))
        self.assertEqual((north.data["orders"], north.data["region"]), (9, "north"))
        self.assertNotIn("latency.count", north.data)

    def test_percentiles(self) -> None:
        """Guarantees: a percentile lies where its share of a bucket's width says."""
        data = SENT.metrics()[0].data
        # Three of four values between 1 and 5, one between 5 and 8.
        for name, wanted in {"p50": 1 + 4 * 2 / 3, "p75": 5, "p90": 5 + 3 * 0.6,
                             "avg": 3.5}.items():
            self.assertAlmostEqual(data[f"latency.{name}"], wanted)


class View(unittest.TestCase):
    """The trace view."""

    def test_planted(self) -> None:
        """Guarantees: each property of a span, and what hangs on it, is compared."""
        def put(*path: Any) -> Callable[[dict[str, Any]], None]:
            *parents, last, value = path

            def change(view: dict[str, Any]) -> None:
                for part in parents:
                    view = view[part]
                view[last] = value
            return change

        changes = {
            "lost": put("spans", "id", ROOT_ID), "doubled": put("spans", "id", ROOT_ID * 2),
            "parent": put("spans", "parent", [-1, -1]), "name": put("spans", "name", [0, 0]),
            "service": put("spans", "svcs", ["bask"]), "start": put("spans", "start", [0, 2.5]),
            "duration": put("spans", "dur", [5000, 7.6]), "status": put("spans", "status", [0, 1]),
            "kind": put("spans", "kind", [2, 2]), "errors": put("spans", "errs", [0, 0]),
            "log count": put("spans", "logs", [0, 0]), "event": put("events", "span", [0]),
            "event name": put("events", "name", [0]),
            "link": put("links", "span_id", [ROOT_ID]), "log": put("logs", "span", [0]),
            "missing": put("missing", ["00f067aa0ba902b8"]), "shape": put("links", None),
        }
        for title, change in changes.items():
            view = copy.deepcopy(VIEW)
            change(view)
            with self.subTest(title):
                self.assertNotEqual(problems_with(EVENTS, view), [])

    def test_every_trace(self) -> None:
        """Guarantees: each trace that was sent is asked for, by its id in full."""
        self.assertEqual(list(sent_traces(REQUESTS)), [TRACE_ID])
        request = copy.deepcopy(REQUESTS[0])
        for span in request["resourceSpans"][0]["scopeSpans"][0]["spans"]:
            span["traceId"] = "0" * 16 + TRACE_ID[16:]
        self.assertEqual(list(sent_traces([request])), ["0" * 16 + TRACE_ID[16:]])
