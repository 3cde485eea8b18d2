"""Random spans and log records in OTLP JSON."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass
from typing import Any

from workload.attributes import WORDS, Field, attributes, key_values, otlp_value

NS_PER_S = 1_000_000_000

SPAN_NAMES = ("GET /home", "POST /order", "checkout", "db.query", "", "日本 span", "cache lookup")

# What a span's own events and its links carry besides their fixed fields.
SMALL_FIELDS = (
    Field("app.word", 0.5, lambda rng: rng.choice(WORDS)),
    Field("app.number", 0.5, lambda rng: rng.choice((1, 1.0, -2, 2.5))),
    Field("app.mixed", 0.4, lambda rng: rng.choice((5, "5", True, "red"))),
)

# Attributes that set the weight, well formed and not. Fractions of a text are left out, because
# the rules do not say how those round.
RATES = (1, 2, 7, 20, 100, 999, 1000, 2.5, 2.6, 20.0, 0.2, "7", "50", "junk", "", 0, -3, True)

# A second attribute beside sampleRate, which then stays an ordinary field.
BOTH_RATES_SHARE = 0.1

# Trace states whose threshold stands for a whole number, or for none.
TRACE_STATES = ("ot=th:c", "ot=th:8", "ot=th:0", "ot=th:zz", "vendor=1",
                "v=1,ot=rv:6e6d1a75832a2f;th:c")


@dataclass(frozen=True)
class Profile:
    """What the spans of one service are like."""

    sampled: bool
    has_children: bool


def span(rng: random.Random, time_ns: int, profile: Profile) -> dict[str, Any]:
    """One span that starts at a given time."""
    duration_ns = rng.choice((0, 1, 1500, int(rng.lognormvariate(16, 2)), -1_000_000))
    if rng.random() < 0.7:
        duration_ns = int(rng.lognormvariate(16, 2))
    item: dict[str, Any] = {
        "traceId": wire_id(rng, trace_bytes(rng)),
        "spanId": wire_id(rng, rng.randbytes(8)),
        "name": rng.choice(SPAN_NAMES),
        "kind": rng.randint(0, 5),
        "startTimeUnixNano": wire_time(rng, time_ns),
        "endTimeUnixNano": wire_time(rng, time_ns + duration_ns),
        "attributes": attributes(rng),
    }
    if rng.random() < 0.6:
        item["parentSpanId"] = wire_id(rng, rng.randbytes(8))
    if rng.random() < 0.7:
        item["status"] = rng.choice(({}, {"code": 1}, {"code": 2}, {"code": 2, "message": "boom"}))
    if profile.sampled:
        _put_rate(rng, item)
    if profile.has_children:
        if rng.random() < 0.25:
            item["events"] = [span_event(rng, time_ns) for _ in range(rng.randint(1, 3))]
        if rng.random() < 0.15:
            item["links"] = [link(rng) for _ in range(rng.randint(1, 2))]
    return item


def _put_rate(rng: random.Random, item: dict[str, Any]) -> None:
    if rng.random() < 0.1:
        item["traceState"] = rng.choice(TRACE_STATES)
    if rng.random() < 0.7:
        key = rng.choice(("sampleRate", "SampleRate"))
        value = rng.choice(RATES) if rng.random() < 0.4 else rng.randint(1, 1000)
        item["attributes"] += key_values(rng, {key: value})
        if key == "sampleRate" and rng.random() < BOTH_RATES_SHARE:
            item["attributes"] += key_values(rng, {"SampleRate": 3})
    if rng.random() < 0.05:
        item["attributes"] += key_values(rng, {"samplerate": rng.randint(2, 9)})


def span_event(rng: random.Random, span_time_ns: int) -> dict[str, Any]:
    """An event of a span, now and then one from before the span began."""
    offset_ns = rng.choice((0, 1, 1_000_000, rng.randint(0, NS_PER_S), -5_000_000))
    item = {
        "timeUnixNano": wire_time(rng, span_time_ns + offset_ns),
        "name": rng.choice(("exception", "cache.miss", "retry")),
        "attributes": attributes(rng, SMALL_FIELDS),
    }
    if item["name"] == "exception":
        parts = {"exception.type": rng.choice(("ValueError", "KeyError")),
                 "exception.message": rng.choice(WORDS),
                 "exception.stacktrace": "line 1\nline 2",
                 "exception.escaped": rng.random() < 0.5}
        kept = {key: value for key, value in parts.items() if rng.random() < 0.7}
        item["attributes"] += key_values(rng, kept)
    return item


def link(rng: random.Random) -> dict[str, Any]:
    """A link to a span of another trace."""
    return {"traceId": wire_id(rng, trace_bytes(rng)), "spanId": wire_id(rng, rng.randbytes(8)),
            "attributes": attributes(rng, SMALL_FIELDS)}


def log_record(rng: random.Random, time_ns: int) -> dict[str, Any]:
    """One log record; some know only when they were observed."""
    item: dict[str, Any] = {
        "severityNumber": rng.randint(0, 24),
        "attributes": attributes(rng),
        "flags": rng.choice((0, 1)),
    }
    if rng.random() < 0.1:
        item |= {"timeUnixNano": "0", "observedTimeUnixNano": wire_time(rng, time_ns)}
    else:
        item |= {"timeUnixNano": wire_time(rng, time_ns)}
    if rng.random() < 0.8:
        item["severityText"] = rng.choice(("INFO", "WARN", "ERROR"))
    if rng.random() < 0.9:
        body = rng.choice((rng.choice(WORDS), "request done", 7, 2.5, True, {"a": 1, "b": {"c": 2}},
                           ["x", 1]))
        item["body"] = otlp_value(rng, body)
    if rng.random() < 0.5:
        item["traceId"] = wire_id(rng, trace_bytes(rng))
        if rng.random() < 0.8:
            item["spanId"] = wire_id(rng, rng.randbytes(8))
    if rng.random() < 0.1:
        item["eventName"] = "device.crash"
    if rng.random() < 0.4:
        item["attributes"] += key_values(rng, {"sampleRate": rng.randint(1, 50)})
    return item


def trace_bytes(rng: random.Random) -> bytes:
    """A trace id; one in ten has only eight bytes that are not zero."""
    return bytes(8) + rng.randbytes(8) if rng.random() < 0.1 else rng.randbytes(16)


def wire_id(rng: random.Random, raw: bytes) -> str:
    """An id as OTLP's hex in either case, or as base64."""
    spelling = rng.random()
    if spelling < 0.1:
        return base64.b64encode(raw).decode()
    return raw.hex().upper() if spelling < 0.2 else raw.hex()


def wire_time(rng: random.Random, time_ns: int) -> str | int:
    """A time as text, as exporters send it, or as a number, as some do."""
    return time_ns if rng.random() < 0.1 else str(time_ns)
