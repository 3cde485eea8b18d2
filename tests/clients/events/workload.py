"""Plain events from a seed, and what the server must show of each."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from evaluator.translate import Event

NS_PER_MS = 1_000_000

# Honeycomb takes at most so many fields in an event; one more refuses that event alone.
FIELDS_MAX = 2_000

# Enough for several batches of every client.
EVENTS = 120

TEXTS = ("", "plain", "caffè ☕", "line 1\nline 2", '"quoted" \\', "9", "true")


@dataclass(frozen=True)
class PlainEvent:
    """One event as a client is asked to send it."""

    time_ms: int
    samplerate: int
    data: dict[str, Any]

    @property
    def is_acceptable(self) -> bool:
        """Whether the server may keep it."""
        return len(self.data) <= FIELDS_MAX

    @property
    def time(self) -> datetime:
        """Its time, in UTC."""
        return datetime.fromtimestamp(self.time_ms / 1000, UTC)

    def shown(self, dataset: str) -> Event:
        """The row that the server makes of it: objects and lists become their JSON."""
        fields = {name: _json_text(value) if isinstance(value, dict | list) else value
                  for name, value in self.data.items() if value is not None}
        return Event(self.time_ms * NS_PER_MS, self.samplerate, dataset, fields)


def _json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def make_events(seed: int, now_ms: int) -> list[PlainEvent]:
    """Events of the last minute; one of them has too many fields and has to be refused."""
    rng = random.Random(f"plain events {seed}")
    events = [_event(rng, place, now_ms) for place in range(EVENTS)]
    too_wide = {f"field.{number}": number for number in range(FIELDS_MAX + 1)}
    events[EVENTS // 2] = PlainEvent(now_ms, 1, too_wide)
    return events


def _event(rng: random.Random, place: int, now_ms: int) -> PlainEvent:
    data: dict[str, Any] = {
        "place": place, "name": rng.choice(("checkout", "search")), "text": rng.choice(TEXTS),
        "flag": rng.random() < 0.5, "number": rng.randrange(-1000, 1000),
        "large": 2 ** 53 - 1 - place, "fraction": rng.random() * 100,
        "duration_ms": rng.random() * 10, "feld mit umlaut ü": "ü",
        "trace.trace_id": rng.randbytes(16).hex(), "trace.span_id": rng.randbytes(8).hex(),
    }
    if rng.random() < 0.3:
        data |= {"nothing": None, "object": {"a": {"b": [1, "x"]}, "c": True}, "list": [1, 2.5]}
    if rng.random() < 0.3:
        # No id of ours: kept as the text that it is.
        data["trace.trace_id"] = f"request-{place}"
    return PlainEvent(now_ms - rng.randrange(60_000), rng.choice((1, 1, 2, 10)), data)
