"""OTLP metrics as Honeycomb events: points of one second and one set of attributes are one event.

Written from the rules alone, naively: every point is looked at once, and every percentile is found
by walking through the buckets. What the SDKs of the tests do not send (summaries, buckets below
zero, two numbers under one name) is not evaluated.
"""

from __future__ import annotations

from typing import Any

from evaluator.attributes import Fields, fields_of
from evaluator.translate import Event, fields_of_resource, fields_of_scope

NS_PER_S = 1_000_000_000

# What a distribution is told by, beside count, sum, average and its ends.
PERCENTILES = {"p001": 0.001, "p01": 0.01, "p05": 0.05, "p10": 0.10, "p20": 0.20, "p25": 0.25,
               "p50": 0.50, "p75": 0.75, "p80": 0.80, "p90": 0.90, "p95": 0.95, "p99": 0.99,
               "p999": 0.999}

# A bucket: its ends, and how many values lie between them.
Bucket = tuple[float, float, int]


def translate_metrics(request: dict[str, Any], dataset: str) -> list[Event]:
    """The events of a metrics request, which a header sends to a dataset."""
    merged: dict[Any, Event] = {}
    for resource in request.get("resourceMetrics") or []:
        outer = fields_of_resource(resource)
        for scope in resource.get("scopeMetrics") or []:
            inherited = {"meta.signal_type": "metric"} | outer | fields_of_scope(scope)
            for metric in scope.get("metrics") or []:
                for point, numbers in points(metric):
                    own = fields_of(point.get("attributes"))
                    time_ns = int(point["timeUnixNano"]) // NS_PER_S * NS_PER_S
                    key = (time_ns, repr(sorted(inherited.items())), repr(sorted(own.items())))
                    event = merged.setdefault(
                        key, Event(time_ns, 1, dataset, inherited | own))
                    event.data.update(numbers)
    return list(merged.values())


def points(metric: dict[str, Any]) -> list[tuple[dict[str, Any], Fields]]:
    """The points of a metric, each with the fields that it becomes."""
    name = metric["name"]
    found: list[tuple[dict[str, Any], Fields]] = []
    for kind in ("gauge", "sum"):
        for point in (metric.get(kind) or {}).get("dataPoints", []):
            number = point["asDouble"] if "asDouble" in point else int(point["asInt"])
            found.append((point, {name: number}))
    for kind, buckets_of in (("histogram", explicit_buckets),
                             ("exponentialHistogram", exponential_buckets)):
        for point in (metric.get(kind) or {}).get("dataPoints", []):
            numbers = summary(point) | percentiles(buckets_of(point), point["min"], point["max"])
            found.append((point, {f"{name}.{part}": value for part, value in numbers.items()}))
    return found


def summary(point: dict[str, Any]) -> Fields:
    """What a distribution says of itself."""
    count = int(point["count"])
    return {"count": count, "sum": point["sum"], "avg": point["sum"] / count,
            "min": point["min"], "max": point["max"]}


def explicit_buckets(point: dict[str, Any]) -> list[Bucket]:
    """The outermost buckets end where the values do."""
    bounds = [point["min"], *point["explicitBounds"], point["max"]]
    return [(low, max(low, high), int(count))
            for low, high, count in zip(bounds, bounds[1:], point["bucketCounts"])]


def exponential_buckets(point: dict[str, Any]) -> list[Bucket]:
    """Buckets between powers of 2 to the power of 2 to the power of minus the scale."""
    base = 2.0 ** (2.0 ** -point.get("scale", 0))
    positive = point["positive"]
    offset = positive.get("offset", 0)
    zero = [(0.0, 0.0, int(point.get("zeroCount", 0)))]
    return zero + [(base ** (offset + place), base ** (offset + place + 1), int(count))
                   for place, count in enumerate(positive["bucketCounts"])]


def percentiles(buckets: list[Bucket], low_end: float, high_end: float) -> Fields:
    """Values lie evenly in their bucket, as far as the least and the greatest leave room."""
    filled = [(max(low, low_end), min(high, high_end), count)
              for low, high, count in buckets if count]
    total = sum(count for _, _, count in filled)
    found: Fields = {}
    for name, share in PERCENTILES.items():
        below = 0
        for low, high, count in filled:
            if share * total <= below + count:
                found[name] = low + (high - low) * (share * total - below) / count
                break
            below += count
    return found
