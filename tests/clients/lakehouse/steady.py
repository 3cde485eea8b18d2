"""A sender that goes on while everything else happens, and notes how it was answered."""

from __future__ import annotations

import secrets
import threading
import time
from typing import Any

from server_api import ApiError, ServerApi

NAME = "steady"
SPANS_PER_REQUEST = 20
# Between two requests, so that the machine is not busy with this alone.
PAUSE_S = 0.1


def spans(service: str, count: int, attributes: dict[str, dict[str, Any]], at_ns: int) -> Any:
    """One OTLP request of spans that differ in their ids alone."""
    listed = [{"key": key, "value": value} for key, value in attributes.items()]
    items = [{"traceId": secrets.token_hex(16), "spanId": secrets.token_hex(8), "name": "work",
              "kind": 2, "startTimeUnixNano": str(at_ns + number),
              "endTimeUnixNano": str(at_ns + number + 1_500_000), "attributes": listed}
             for number in range(count)]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": items}]}]}


class Steady(threading.Thread):
    """Sends until it is told to stop."""

    def __init__(self, otlp: ServerApi) -> None:
        super().__init__(name="steady", daemon=True)
        self.otlp = otlp
        self.stopping = threading.Event()
        self.acknowledged = 0
        self.requests = 0
        self.slowest_s = 0.0
        self.problem: str | None = None

    def run(self) -> None:
        """Sends; the first refusal ends it."""
        value = {"stringValue": "goes on"}
        while not self.stopping.wait(PAUSE_S):
            body = spans(NAME, SPANS_PER_REQUEST, {"steady.text": value}, time.time_ns())
            began = time.monotonic()
            try:
                self.otlp.send("/v1/traces", body, compressed=False)
            except ApiError as error:
                self.problem = str(error)
                return
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)
            self.acknowledged += SPANS_PER_REQUEST
            self.requests += 1

    def stop(self) -> None:
        """Ends it after the request that it is in."""
        self.stopping.set()
        self.join()
