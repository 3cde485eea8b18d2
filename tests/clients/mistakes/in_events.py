"""Mistakes in what is stored of the telemetry, and in how raw rows are handed out."""

from __future__ import annotations

from typing import Any

from evaluator import raw_rows, samplerate, translate
from evaluator.attributes import Fields
from evaluator.translate import Event
from mistakes import Mistake, around, mistake

right_span_events = translate.span_events
right_span_builtins = translate.span_builtins
right_log_event = translate.log_event
right_trace_id = translate.trace_id
right_matching_rows = raw_rows.matching_rows
right_render_page = raw_rows.render_page
right_row_of = raw_rows.row_of
right_rfc3339_ns = raw_rows.rfc3339_ns


def without_annotation(kind: str) -> Any:
    """Spans lose their children of one kind."""
    return around(right_span_events, lambda events, *_: [
        event for event in events if event.data.get("meta.annotation_type") != kind])


def children_unweighted(span: dict[str, Any], inherited: Fields, dataset: str) -> list[Event]:
    """Span events and links do not take the sample rate of their span."""
    *children, last = right_span_events(span, inherited, dataset)
    return [Event(item.time_ns, 1, item.dataset, item.data) for item in children] + [last]


def builtins_win(span: dict[str, Any], inherited: Fields, dataset: str) -> list[Event]:
    """Fields made from the span win over attributes of the same name."""
    *children, last = right_span_events(span, inherited, dataset)
    data = last.data | right_span_builtins(span)
    return [*children, Event(last.time_ns, last.samplerate, last.dataset, data)]


def whole_ms(span: dict[str, Any]) -> Fields:
    """Durations lose their fraction."""
    fields = right_span_builtins(span)
    return fields | {"duration_ms": float(int(fields["duration_ms"]))}


def untimed_at_zero(record: dict[str, Any], *rest: Any) -> Event:
    """A log without a time of its own is put at the epoch."""
    event = right_log_event(record, *rest)
    return event if int(record["timeUnixNano"]) else Event(
        0, event.samplerate, event.dataset, event.data)


def no_exception_copy(event_fields: Fields, span_fields: Fields) -> None:
    """Exceptions are not copied onto their span."""


def overlapping_page(rows: list[Event], page_rows: int, token: str | None) -> dict[str, Any]:
    """The next page repeats the last row of this one."""
    page = right_render_page(rows, page_rows, token)
    if page["next"] is not None:
        page["next"] = str(int(page["next"]) - 1)
    return page


def skipping_page(rows: list[Event], page_rows: int, token: str | None) -> dict[str, Any]:
    """The next page leaves one row out."""
    page = right_render_page(rows, page_rows, token)
    if page["next"] is not None:
        page["next"] = str(int(page["next"]) + 1)
    return page


def booleans_as_numbers(event: Event) -> dict[str, Any]:
    """Booleans come back as 0 and 1."""
    row = right_row_of(event)
    row["data"] = {name: int(value) if isinstance(value, bool) else value
                   for name, value in row["data"].items()}
    return row


def text_as_numbers(event: Event) -> dict[str, Any]:
    """Text of digits comes back as a number."""
    row = right_row_of(event)
    row["data"] = {name: int(value) if isinstance(value, str) and value.isdecimal() else value
                   for name, value in row["data"].items()}
    return row


def without_empty(event: Event) -> dict[str, Any]:
    """Empty text is left out."""
    row = right_row_of(event)
    row["data"] = {name: value for name, value in row["data"].items() if value != ""}
    return row


MISTAKES: tuple[Mistake, ...] = (
    mistake("span events are lost", translate, "span_events", without_annotation("span_event")),
    mistake("links are lost", translate, "span_events", without_annotation("link")),
    mistake("logs are lost", translate, "log_resource_events", lambda resource, door: []),
    mistake("children are not weighted", translate, "span_events", children_unweighted),
    mistake("built-in fields win", translate, "span_events", builtins_win),
    mistake("durations lose their fraction", translate, "span_builtins", whole_ms),
    mistake("untimed logs stand at the epoch", translate, "log_event", untimed_at_zero),
    mistake("exceptions are not copied", translate, "copy_exception", no_exception_copy),
    mistake("SampleRate goes unread", samplerate, "RATE_KEYS", ("sampleRate",)),
    mistake("thresholds go unread", samplerate, "rate_from_trace_state", lambda state: 1),
    mistake("trace ids keep their zeros", translate, "trace_id",
            around(right_trace_id, lambda right, wire: right.rjust(32, "0"))),
    mistake("rows are oldest first", raw_rows, "matching_rows",
            around(right_matching_rows, lambda rows, *_: rows[::-1])),
    mistake("pages overlap", raw_rows, "render_page", overlapping_page),
    mistake("pages skip a row", raw_rows, "render_page", skipping_page),
    mistake("row times are cut to microseconds", raw_rows, "rfc3339_ns",
            lambda time_ns: right_rfc3339_ns(time_ns // 1000 * 1000)),
    mistake("booleans come back as numbers", raw_rows, "row_of", booleans_as_numbers),
    mistake("text of digits comes back as numbers", raw_rows, "row_of", text_as_numbers),
    mistake("empty text is left out of rows", raw_rows, "row_of", without_empty),
)
