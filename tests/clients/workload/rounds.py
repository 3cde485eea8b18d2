"""The whole workload: which services send what, when, in how many rounds.

Events stand in three blocks of time with quiet hours between, so that a query that is relative to
now has its border in a quiet hour and gives the same answer all through the run.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from workload.attributes import key_values
from workload.items import NS_PER_S, Profile, log_record, span

# Blocks of time: seconds before now at which each begins and ends, and its share of the events.
BLOCKS = ((80 * 60, 10 * 60, 0.6), (6 * 3600, 3 * 3600, 0.3), (74 * 3600, 73 * 3600, 0.1))

# This share of events lies on a whole second, so that range and bucket borders are hit exactly.
WHOLE_SECOND_SHARE = 0.4

# Items in one request, so that a round is several requests.
ITEMS_PER_REQUEST = 60

# The resource attribute by which a query over shared datasets picks out this run.
RUN_FIELD = "test.run"

INSTRUMENTATION_SCOPE = {"name": "opentelemetry.instrumentation.flask", "version": "0.66b1"}


@dataclass(frozen=True)
class Service:
    """A sender: its names as sent (None: it has none), scope, resource, and kind of spans."""

    names: tuple[str | None, ...]
    scope: dict[str, Any]
    resource: dict[str, Any]
    profile: Profile
    log_share: float


@dataclass(frozen=True)
class Request:
    """One OTLP request: the path it goes to and its JSON."""

    path: str
    body: dict[str, Any]


def run_token(seed: int, now_s: int) -> str:
    """What marks the datasets and events of one run."""
    return f"s{seed}t{now_s}"


def services(token: str) -> tuple[Service, ...]:
    """The senders of a run. Names differ in case and in surrounding space from item to item."""
    plain = Profile(sampled=True, has_children=True)
    return (
        Service((f"Cart-{token}", f"cart-{token}", f"CART-{token}"), INSTRUMENTATION_SCOPE,
                {"host.name": "h1", "deploy.index": 1}, plain, 0.2),
        Service((f"pay ments {token}", f"  pay ments {token} "), {"name": "pay", "attributes": [
            {"key": "lib.level", "value": {"intValue": 3}}]}, {"host.name": "h2"}, plain, 0.3),
        Service((f"日本-{token}",), {}, {"deploy.index": 2.0},
                Profile(sampled=False, has_children=True), 0.3),
        # The whole resource is sampled; whether its span events then show the rate as a field is
        # not written down, so it has none.
        Service((f"sampled-{token}",), {"name": "s"}, {"sampleRate": 20, "host.name": "h1"},
                Profile(sampled=False, has_children=False), 0.0),
        Service((None, f"unknown_service:{token}"), {}, {"host.name": "h3"}, plain, 0.3),
    )


def own_datasets(token: str) -> list[str]:
    """The datasets that only this run writes to."""
    return [service.names[0].strip() for service in services(token) if service.names[0]]


def make_rounds(seed: int, now_s: int, items: int, rounds: int) -> list[list[Request]]:
    """Requests with about so many spans and logs in all, dealt into rounds."""
    rng = random.Random(f"data {seed}")
    senders = services(run_token(seed, now_s))
    dealt: list[list[Request]] = []
    for _ in range(rounds):
        requests: list[Request] = []
        while len(requests) * ITEMS_PER_REQUEST < items / rounds:
            requests.append(make_request(rng, senders, seed, now_s))
        dealt.append(requests)
    return dealt


def make_request(
    rng: random.Random, senders: tuple[Service, ...], seed: int, now_s: int
) -> Request:
    """One request with items of one or more services."""
    chosen = rng.sample(senders, rng.randint(1, 3))
    is_log = rng.random() < max(service.log_share for service in chosen)
    chosen = [service for service in chosen if service.log_share or not is_log]
    resources = []
    for service in chosen:
        times = [event_time_ns(rng, now_s) for _ in range(ITEMS_PER_REQUEST // len(chosen))]
        items = [log_record(rng, time_ns) if is_log else span(rng, time_ns, service.profile)
                 for time_ns in times]
        resources.append(resource_item(rng, service, run_token(seed, now_s), items, is_log))
    if is_log:
        return Request("/v1/logs", {"resourceLogs": resources})
    return Request("/v1/traces", {"resourceSpans": resources})


def resource_item(
    rng: random.Random, service: Service, token: str, items: list[dict[str, Any]], is_log: bool
) -> dict[str, Any]:
    """The items of one service under its resource and scope."""
    fields = service.resource | {RUN_FIELD: token}
    name = rng.choice(service.names)
    if name is not None:
        fields["service.name"] = name
    scope: dict[str, Any] = {"scope": service.scope, "logRecords" if is_log else "spans": items}
    resource: dict[str, Any] = {"resource": {"attributes": key_values(rng, fields)},
                                "scopeLogs" if is_log else "scopeSpans": [scope]}
    if rng.random() < 0.2:
        scope["schemaUrl"] = "https://example.com/scope/1"
        resource["schemaUrl"] = "https://example.com/resource/1"
    return resource


def event_time_ns(rng: random.Random, now_s: int) -> int:
    """A time in one of the blocks."""
    weights = [share for _, _, share in BLOCKS]
    begin_s, end_s, _ = rng.choices(BLOCKS, weights)[0]
    time_ns = (now_s - begin_s) * NS_PER_S + rng.randrange((begin_s - end_s) * NS_PER_S)
    if rng.random() < WHOLE_SECOND_SHARE:
        return time_ns // NS_PER_S * NS_PER_S
    return time_ns
