"""Time ranges and bucket widths for queries, in all the ways a query can give them."""

from __future__ import annotations

import math
import random
from typing import Any

from workload.items import NS_PER_S
from workload.population import Population

# Ranges relative to now whose far border lies in a quiet hour of the data.
RELATIVE_RANGES_S = (300, 7200, 24 * 3600, 7 * 24 * 3600)

# A range may be cut into this many buckets at most, and is cut into this many at least.
BUCKETS_MAX = 1000
BUCKETS_MIN = 10


def time_window(rng: random.Random, population: Population) -> dict[str, int]:
    """The time members of a query."""
    manner = rng.random()
    if manner < 0.4:
        return all_time(population)
    if manner < 0.55:
        return _relative(rng)
    start_s, end_s = _between_events(rng, population)
    if manner < 0.8:
        return {"start_time": start_s, "end_time": end_s}
    if manner < 0.88:
        return {"start_time": start_s, "time_range": end_s - start_s}
    if manner < 0.96:
        return {"end_time": end_s, "time_range": end_s - start_s}
    # Within the last block, so that the default range holds all that is left of it.
    edge_s = population.now_s - rng.randint(15 * 60, 45 * 60)
    return {rng.choice(("start_time", "end_time")): edge_s}


def all_time(population: Population) -> dict[str, int]:
    """A range that holds every event."""
    first_s = population.times_ns[0] // NS_PER_S - 10
    last_s = population.times_ns[-1] // NS_PER_S + 10
    return {"start_time": first_s, "end_time": last_s}


def _relative(rng: random.Random) -> dict[str, int]:
    if rng.random() < 0.2:
        return {}
    return {"time_range": rng.choice(RELATIVE_RANGES_S)}


def _between_events(rng: random.Random, population: Population) -> tuple[int, int]:
    """A range whose borders are the seconds of two events, often events exactly on them."""
    on_border = [time_ns for time_ns in rng.sample(population.times_ns, 20)
                 if time_ns % NS_PER_S == 0]
    chosen = (on_border + rng.sample(population.times_ns, 2))[:2]
    first_s, second_s = sorted(time_ns // NS_PER_S for time_ns in chosen)
    return first_s, max(second_s, first_s + 1)


def granularity(rng: random.Random, window: dict[str, int]) -> int:
    """A bucket width in seconds that suits the range, not always a round one."""
    if "start_time" in window and "end_time" in window:
        range_s = window["end_time"] - window["start_time"]
    else:
        range_s = window.get("time_range", 7200)
    least = max(math.ceil(range_s / BUCKETS_MAX), 1)
    most = max(range_s // BUCKETS_MIN, least)
    round_ones = [width for width in (1, 10, 60, 300, 3600) if least <= width <= most]
    if round_ones and rng.random() < 0.4:
        return rng.choice(round_ones)
    return min(max(int(math.exp(rng.uniform(math.log(least), math.log(most)))), least), most)


def window_query(rng: random.Random, population: Population) -> dict[str, Any]:
    """The time members and, more often than not, a granularity."""
    window = time_window(rng, population)
    if rng.random() < 0.6:
        return window | {"granularity": granularity(rng, window)}
    return window | rng.choice(({}, {"granularity": 0}))
