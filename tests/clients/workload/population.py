"""What there is to ask about: the fields, values, times and datasets of the events of a run."""

from __future__ import annotations

import random
from dataclasses import dataclass

from evaluator.translate import Event
from evaluator.values import Value, kind_of
from workload.rounds import run_token

# As many values of a field as this are kept to draw filter literals from.
VALUES_KEPT = 400


@dataclass(frozen=True)
class Population:
    """The events of a run, as the maker of queries sees them."""

    token: str
    datasets: list[str]
    times_ns: list[int]
    values: dict[str, list[Value]]
    kinds: dict[str, set[str]]
    now_s: int


def describe(events: list[Event], seed: int, now_s: int) -> Population:
    """Gathers the fields and values of the events; which values are kept depends on the seed."""
    rng = random.Random(f"population {seed}")
    found: dict[str, list[Value]] = {}
    kinds: dict[str, set[str]] = {}
    for event in events:
        for name, value in event.data.items():
            found.setdefault(name, []).append(value)
            kinds.setdefault(name, set()).add(kind_of(value))
    kept = {name: rng.sample(values, min(len(values), VALUES_KEPT))
            for name, values in found.items()}
    datasets = sorted({event.dataset for event in events})
    times_ns = sorted(event.time_ns for event in events)
    return Population(run_token(seed, now_s), datasets, times_ns, kept, kinds, now_s)
