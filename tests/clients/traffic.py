"""The requests that an end-to-end test sends to an example, and what each must leave.

Trace ids, parent ids and markers are made here and sent along, so that what the server shows can be
held against what was sent without trusting anything in between.
"""

from __future__ import annotations

import json
import random
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

REQUEST_TIMEOUT_S = 30

# Loopback is never behind a proxy, whatever the environment says.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

USERS = ("ada", "björn", "chen", "")

# One request in this many gets a trace id whose first eight bytes are zero.
SHORT_TRACE_EVERY = 5


@dataclass(frozen=True)
class Route:
    """A request, its status, and the spans it makes below the server's own."""

    method: str
    path: str
    span_name: str
    status: int = 200
    body: dict[str, Any] | None = None
    nested: tuple[str, ...] = ()
    # A span below and one of its attributes, to be found by name and by attribute.
    attribute: tuple[str, str, Any] | None = None


@dataclass(frozen=True)
class Sent:
    """One request as it was sent: all that is needed to check what became of it."""

    trace_id: str
    parent_id: str
    marker: str
    user_id: str
    method: str
    full_path: str
    span_name: str
    status: int
    nested: list[str]
    attribute: list[Any] | None

    @property
    def is_failure(self) -> bool:
        """True for the request that raises; refusals (4xx) are no failures of the server."""
        return self.status == 500

    @property
    def shown_trace_id(self) -> str:
        """The trace id as a field shows it: without eight leading zero bytes."""
        return self.trace_id.removeprefix("0" * 16)

    @property
    def trace_id_spellings(self) -> list[str]:
        """The ways to write the id in a URL: plain hex, X-Ray's, and, if it has one, the short."""
        plain = self.trace_id
        spellings = [plain, f"1-{plain[:8]}-{plain[8:]}"]
        return spellings + ([self.shown_trace_id] if self.shown_trace_id != plain else [])


def send_all(
    address: str, rng: random.Random, routes: Sequence[Route], run: str, round_number: int
) -> list[Sent]:
    """Sends every request once, in an order drawn from the seed."""
    return [send(address, rng, route, f"{run}-{round_number}-{place}", place)
            for place, route in enumerate(rng.sample(routes, len(routes)))]


def send(address: str, rng: random.Random, route: Route, marker: str, place: int) -> Sent:
    """Sends one request; its marker goes in the query or in a header, turn about."""
    raw_trace_id = rng.randbytes(16)
    if place % SHORT_TRACE_EVERY == 0:
        raw_trace_id = bytes(8) + raw_trace_id[8:]
    trace_id, parent_id = raw_trace_id.hex(), rng.randbytes(8).hex()
    path = route.path
    headers = {"traceparent": f"00-{trace_id}-{parent_id}-01", "Content-Type": "application/json"}
    if place % 2:
        headers["X-Request-Marker"] = marker
    else:
        path += ("&" if "?" in path else "?") + f"request_marker={marker}"
    user_id = rng.choice(USERS)
    # Header values are bytes on the wire; the WSGI server reads them as Latin-1.
    headers["X-User-Id"] = user_id
    content = None if route.body is None else json.dumps(route.body).encode()
    status = _status_of(urllib.request.Request(address + path, content, headers,
                                               method=route.method))
    if status != route.status:
        raise RuntimeError(f"{route.method} {path}: status {status}, expected {route.status}")
    return Sent(trace_id, parent_id, marker, user_id, route.method, path, route.span_name,
                route.status, list(route.nested),
                None if route.attribute is None else list(route.attribute))


def _status_of(request: urllib.request.Request) -> int:
    try:
        with DIRECT.open(request, timeout=REQUEST_TIMEOUT_S) as response:
            response.read()
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
