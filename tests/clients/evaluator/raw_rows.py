"""Raw rows: the events themselves, newest first, a page at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from evaluator import filters
from evaluator.evaluate import NS_PER_S, in_dataset, in_range, time_range_ns
from evaluator.translate import Event

# How many rows a page holds where a query is silent, and at most.
PAGE_ROWS_DEFAULT = 100
PAGE_ROWS_MAX = 10_000


def matching_rows(
    query: dict[str, Any], events: list[Event], dataset: str, now_s: float
) -> list[Event]:
    """All events a query lets through, newest first."""
    start_ns, end_ns = time_range_ns(query, now_s)
    rows = [event for event in events
            if in_dataset(event, dataset) and in_range(event.time_ns, start_ns, end_ns)
            and filters.passes(query, event.data)]
    return sorted(rows, key=lambda event: -event.time_ns)


def render_page(rows: list[Event], page_rows: int, token: str | None) -> dict[str, Any]:
    """One page as the server's JSON has it; the token is the place of the next row."""
    first = int(token or 0)
    after = first + page_rows
    return {"rows": [row_of(event) for event in rows[first:after]],
            "next": str(after) if after < len(rows) else None, "statistics": {}}


def row_of(event: Event) -> dict[str, Any]:
    """One event as a row."""
    return {"time": rfc3339_ns(event.time_ns), "samplerate": event.samplerate,
            "dataset": event.dataset, "data": dict(event.data)}


def rfc3339_ns(time_ns: int) -> str:
    """A time in UTC with all its nanoseconds."""
    seconds, fraction_ns = divmod(time_ns, NS_PER_S)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{fraction_ns:09d}Z"


def ns_of_rfc3339(text: str) -> int:
    """Reads an RFC 3339 time with up to nine digits of fraction."""
    moment, zone = (text[:-1], "+00:00") if text.endswith("Z") else (text[:-6], text[-6:])
    whole, _, fraction = moment.partition(".")
    if len(fraction) > 9:
        raise ValueError(f"more digits than nanoseconds have in {text!r}")
    seconds = int(datetime.fromisoformat(whole + zone).timestamp())
    return seconds * NS_PER_S + int(fraction.ljust(9, "0"))
