"""The translation of OTLP requests against the golden vectors.

The evaluator is only worth something if its own reading of OTLP is right, so it is held against
events that Honeycomb's code made. Where a vector carries a note, the project differs on purpose,
and the difference is spelled out here.
"""

from __future__ import annotations

import json
import unittest
from datetime import datetime
from pathlib import Path
from typing import Any

from evaluator.translate import Door, Event, translate

VECTORS_PATH = (Path(__file__).parents[2] / "captures" / "honeycomb"
                / "otlp-to-event-vectors.json")

# The one vector whose note is about HTTP (its encoding is to be refused), not about events.
REFUSED_BY_NOTE = "unknown encoding treated raw"

# For each vector whose events a note corrects: the field that is wrong, and what belongs there.
FIELDS_BY_NOTE: dict[str, tuple[str, dict[str, Any]]] = {
    "negative duration": (
        "duration_ms", {"duration_ms": 0, "meta.invalid_duration": True}),
    "event before span start": (
        "meta.time_since_span_start_ms",
        {"meta.time_since_span_start_ms": 0, "meta.invalid_time_since_span_start": True}),
}

# A vector that Honeycomb's code refuses and that its note says to accept; it holds no span.
ACCEPTED_BY_NOTE = "unknown field json"


def vectors() -> list[dict[str, Any]]:
    """All golden vectors."""
    return json.loads(VECTORS_PATH.read_text(encoding="utf-8"))["vectors"]


def time_ns(text: str) -> int:
    """RFC 3339 UTC time in ns."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(f"{whole}+00:00").timestamp())
    return seconds * 1_000_000_000 + int(fraction.ljust(9, "0") or "0")


def expected_events(vector: dict[str, Any]) -> list[Event]:
    """The vector's events, with what its note changes."""
    wrong_field, correction = FIELDS_BY_NOTE.get(vector["name"], ("", {}))
    events: list[Event] = []
    for batch in vector["expected"].get("batches") or []:
        for event in batch["Events"]:
            data = dict(event["Attributes"])
            if wrong_field in data:
                data |= correction
            events.append(Event(time_ns(event["Timestamp"]), event["SampleRate"],
                                batch["Dataset"], data))
    return events


class Vectors(unittest.TestCase):
    """Every vector that ends in events."""

    maxDiff = None

    def test_vectors(self) -> None:
        """Guarantees: time, rate, dataset and fields of every vector's events come out equal."""
        compared = 0
        for vector in vectors():
            if "batches" not in vector["expected"] or vector["body_json"] is None:
                continue
            with self.subTest(vector["name"]):
                door = Door(vector["api_key"], vector["dataset"])
                found = translate(vector["body_json"], door)
                self.assertEqual(found, expected_events(vector))
                compared += 1
        self.assertEqual(compared, 53)

    def test_kinds_are_exact(self) -> None:
        """Guarantees: a boolean is never taken for a number, which == alone would let pass."""
        for vector in vectors():
            if "batches" not in vector["expected"] or vector["body_json"] is None:
                continue
            door = Door(vector["api_key"], vector["dataset"])
            for found, wanted in zip(translate(vector["body_json"], door), expected_events(vector)):
                for name, value in wanted.data.items():
                    is_bool = isinstance(value, bool)
                    self.assertEqual(isinstance(found.data[name], bool), is_bool, name)

    def test_notes_are_known(self) -> None:
        """Guarantees: a vector with a note that this file does not follow is noticed."""
        noted = {vector["name"] for vector in vectors() if "note" in vector}
        self.assertEqual(noted, {*FIELDS_BY_NOTE, REFUSED_BY_NOTE, ACCEPTED_BY_NOTE})

    def test_unknown_field_is_ignored(self) -> None:
        """Guarantees: a member OTLP does not define neither fails nor shows."""
        vector = next(v for v in vectors() if v["name"] == ACCEPTED_BY_NOTE)
        self.assertEqual(translate(vector["body_json"]), [])


class BeyondTheVectors(unittest.TestCase):
    """Rules of the specification that no vector shows."""

    def test_log_without_time(self) -> None:
        """Guarantees: a log without time takes its observed time, else the time of arrival."""
        def time_of(record: dict[str, Any]) -> int:
            request = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
            return translate(request, Door(received_ns=9))[0].time_ns
        self.assertEqual(time_of({"timeUnixNano": "0", "observedTimeUnixNano": "7"}), 7)
        self.assertEqual(time_of({"timeUnixNano": 5, "observedTimeUnixNano": "7"}), 5)
        self.assertEqual(time_of({}), 9)

    def test_log_body_map(self) -> None:
        """Guarantees: a map body shows both spread over dotted names and whole as JSON."""
        body = {"kvlistValue": {"values": [
            {"key": "a", "value": {"intValue": 1}},
            {"key": "b", "value": {"kvlistValue": {"values": [
                {"key": "c", "value": {"stringValue": "<d>"}}]}}}]}}
        request = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": body}]}]}]}
        event = translate(request)[0]
        self.assertEqual(event.data["body.a"], 1)
        self.assertEqual(event.data["body.b.c"], "<d>")
        self.assertEqual(event.data["body"], '{"a":1,"b":{"c":"<d>"}}\n')
        self.assertEqual(event.dataset, "unknown_log_source")

    def test_ids_in_any_spelling(self) -> None:
        """Guarantees: hex in any case and base64 give the same ids."""
        def ids(trace: str, span: str) -> tuple[Any, Any]:
            item = {"traceId": trace, "spanId": span}
            request = {"resourceSpans": [{"scopeSpans": [{"spans": [item]}]}]}
            data = translate(request)[0].data
            return data["trace.trace_id"], data["trace.span_id"]
        wanted = ("5b8aa5a2d2c872e8321cf37308d69df2", "051581bf3cb55c13")
        self.assertEqual(ids("5B8AA5A2D2C872E8321CF37308D69DF2", "051581BF3CB55C13"), wanted)
        self.assertEqual(ids("W4qlotLIcugyHPNzCNad8g==", "BRWBvzy1XBM="), wanted)

    def test_both_rate_attributes(self) -> None:
        """Guarantees: sampleRate wins over SampleRate, which then stays as a field."""
        attributes = [{"key": "SampleRate", "value": {"intValue": 3}},
                      {"key": "sampleRate", "value": {"intValue": 2}}]
        span = {"traceId": "", "spanId": "", "attributes": attributes}
        event = translate({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})[0]
        self.assertEqual(event.samplerate, 2)
        self.assertEqual(event.data["SampleRate"], 3)
        self.assertNotIn("sampleRate", event.data)

    def test_bytes_and_arrays(self) -> None:
        """Guarantees: bytes and arrays become JSON text, sorted, unescaped, with a line feed."""
        attributes = [
            {"key": "raw", "value": {"bytesValue": "AAE="}},
            {"key": "list", "value": {"arrayValue": {"values": [
                {"stringValue": "<é>"}, {"intValue": "2"}, {"doubleValue": 2.0},
                {"boolValue": True}]}}}]
        span = {"traceId": "", "spanId": "", "attributes": attributes}
        data = translate({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})[0].data
        self.assertEqual(data["raw"], '"AAE="\n')
        self.assertEqual(data["list"], '["<é>",2,2,true]\n')


if __name__ == "__main__":
    unittest.main()
