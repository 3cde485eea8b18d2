"""Sends small traces without a pause until it is told to stop, and keeps all that was accepted."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

from server_api import ApiError, ServerApi

# Some dozens of requests a second: enough for an outage to be full of them, little beside what a
# collector or the server can take.
PAUSE_S = 0.02

SPANS = ("GET /basket", "SELECT basket", "publish basket")


class SteadySender(threading.Thread):
    """A thread that sends to one URL under one service name."""

    def __init__(self, url: str, service: str, seed: int) -> None:
        super().__init__(name=service)
        self.service = service
        self.accepted: list[dict[str, Any]] = []
        # Why it gave up; nothing may be refused while the collector's queue has room.
        self.failure: str | None = None
        self._api = ServerApi(url)
        self._rng = random.Random(f"{service} {seed}")
        self._stopping = threading.Event()

    def run(self) -> None:
        """Sends until stopped."""
        while not self._stopping.wait(PAUSE_S):
            request = trace_request(self._rng, self.service, len(self.accepted))
            try:
                self._api.send("/v1/traces", request, compressed=False)
            except ApiError as error:
                self.failure = str(error)
                return
            self.accepted.append(request)

    def stop(self) -> None:
        """Ends it after the request that it is in; a failure is raised here."""
        self._stopping.set()
        self.join()
        if self.failure:
            raise RuntimeError(f"{self.service}: {self.failure}")


def trace_request(rng: random.Random, service: str, number: int) -> dict[str, Any]:
    """A request with one trace of three spans, two of them below the first."""
    trace_id = rng.randbytes(16).hex()
    ids = [rng.randbytes(8).hex() for _ in SPANS]
    start_ns = time.time_ns()
    spans = [{
        "traceId": trace_id, "spanId": span_id, "name": name, "kind": 2 if place == 0 else 3,
        "parentSpanId": ids[0] if place else "",
        "startTimeUnixNano": str(start_ns + place * 1000),
        "endTimeUnixNano": str(start_ns + 1_000_000 + place),
        "attributes": [{"key": "app.number", "value": {"intValue": str(number)}},
                       {"key": "app.text", "value": {"stringValue": f"caffè {number}"}}],
    } for place, (name, span_id) in enumerate(zip(SPANS, ids))]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    scope = {"name": "basket", "version": "1.2.3"}
    return {"resourceSpans": [{"resource": resource,
                               "scopeSpans": [{"scope": scope, "spans": spans}]}]}
