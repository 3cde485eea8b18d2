"""Rows as DuckDB reads them and rows as the server tells them, in one form to compare.

The server shows base columns under the names of a dialect and makes some fields of its own; those
that are made of more than one column are left out on both sides, everything else has to agree.
"""

from __future__ import annotations

import json
import re
import struct
from collections import Counter
from typing import Any

import duckdb

from evaluator.raw_rows import PAGE_ROWS_MAX, ns_of_rfc3339
from server_api import ApiError, ServerApi

Fields = dict[str, Any]

# Base columns that are a field of their own under another name, or the same.
SAME = {
    "name": "name", "status_message": "status_message", "trace_state": "trace.trace_state",
    "scope_name": "library.name", "scope_version": "library.version",
    "resource_schema_url": "resource.schema_url", "scope_schema_url": "scope.schema_url",
    "link_trace_id": "trace.link.trace_id", "link_span_id": "trace.link.span_id",
    "parent_name": "parent_name", "severity_text": "severity_text", "event_name": "event.name",
    "body": "body",
}
# Base columns of bytes, and the field that shows them in hexadecimal digits: ids of traces that
# were made from 64 bits with as many.
IDS = {"trace_id": "trace.trace_id", "span_id": "trace.span_id", "parent_id": "trace.parent_id"}
# Base columns that no row shows as they are.
PLUMBING = {
    "dataset", "kind", "span_kind", "status", "duration", "sample_rate", "lsn", "index",
    "instrumentation_scope", "event_count", "link_count", "since_span_start",
    "invalid_duration", "invalid_since_span_start", "severity_number", "flags", "original_time",
}
# Fields that the server makes of those, unless a client sent them.
DERIVED = {
    "duration_ms", "error", "flags", "meta.annotation_type", "meta.invalid_duration",
    "meta.invalid_time_since_span_start", "meta.original_time", "meta.signal_type",
    "meta.time_since_span_start_ms", "severity", "severity_code", "span.kind", "span.num_events",
    "span.num_links", "status_code", "telemetry.instrumentation_library", "type",
}

# What is behind an attribute's name where its column could not have that name alone.
SUFFIX = re.compile(r"(#(text|int|float|bool))?(#[0-9]+)?$")

NS_PER_US = 1_000
NS_PER_MS = 1e6


def server_rows(server: ServerApi, dataset: str, start_s: int, end_s: int) -> Counter[str]:
    """All rows of a dataset, each as one text, and how often it is there."""
    rows: Counter[str] = Counter()
    token = None
    while True:
        query = {"start_time": start_s, "end_time": end_s, "limit": PAGE_ROWS_MAX}
        page = {"next": token} if token else {}
        body = {"dataset": dataset, "query": query, "rows": True} | page
        status, answer = server.query(body)
        if status != 200:
            raise ApiError(f"rows of {dataset}: status {status}, {str(answer)[:500]}")
        for row in answer["rows"]:
            time_us = ns_of_rfc3339(row["time"]) // NS_PER_US
            rows[text_of(time_us, row["samplerate"], row["data"])] += 1
        token = answer["next"]
        if token is None:
            return rows


def lake_rows(connection: duckdb.DuckDBPyConnection, dataset: str) -> Counter[str]:
    """The same rows from DuckDB, of all signals."""
    rows: Counter[str] = Counter()
    for signal in ("spans", "logs", "metrics", "events"):
        # Python's own times would need a package for zones, and the arrival is shown by nobody.
        kinds = connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE {signal})")
        columns = ", ".join("s." + quoted(name) for name, kind in kinds.fetchall()
                            if not kind.startswith("TIMESTAMP"))
        found = connection.execute(
            f"SELECT epoch_us(s.time) AS us, {columns} FROM {signal} s"
            " JOIN datasets d ON d.id = s.dataset WHERE d.name = ?", [dataset])
        names = [column[0] for column in found.description or []]
        for values in found.fetchall():
            row = dict(zip(names, values))
            rows[text_of(row["us"], row["sample_rate"], fields_of(row, names))] += 1
    return rows


def quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def fields_of(row: Fields, names: list[str]) -> Fields:
    """The fields of a row of DuckDB's. Attributes stand behind base columns, and win over them."""
    fields: Fields = {}
    for name in names:
        value = row[name]
        if value is None or name == "us" or name in PLUMBING:
            continue
        if name in IDS:
            fields[IDS[name]] = value.hex() if any(value[:8]) else value[-8:].hex()
        elif name in SAME:
            fields[SAME[name]] = value
        elif name == "_rest":
            fields |= {key: rest_value(item) for key, item in json.loads(value).items()}
        else:
            fields[SUFFIX.sub("", name)] = value
    if row.get("duration") is not None:
        fields.setdefault("duration_ms", row["duration"] / NS_PER_MS)
    return fields


def rest_value(value: Any) -> Any:
    """A value of the overflow column: floats that JSON cannot say are objects of their bits."""
    if isinstance(value, dict):
        return struct.unpack("<d", struct.pack("<Q", value["f64"]))[0]
    return value


def text_of(time_us: int, samplerate: int, fields: Fields) -> str:
    """A row in one form: whole numbers without a fraction, names in order, nothing derived."""
    kept = {name: plain(value) for name, value in fields.items() if name not in DERIVED}
    return json.dumps([time_us, samplerate, kept], sort_keys=True, ensure_ascii=False)


def plain(value: Any) -> Any:
    """A value as both sides can say it."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def difference(wanted: Counter[str], found: Counter[str], shown: int = 3) -> list[str]:
    """In words, what only one side has; nothing if they are equal."""
    problems = []
    for side, only in (("the server", wanted - found), ("DuckDB", found - wanted)):
        if only:
            examples = "\n    ".join(sorted(only)[:shown])
            problems.append(f"only {side} has {only.total()} rows:\n    {examples}")
    return problems
