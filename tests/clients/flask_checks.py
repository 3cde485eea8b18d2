"""What is particular to the telemetry of the Flask example."""

from __future__ import annotations

from checks import Checks, Row, clause
from traffic import Sent


class FlaskChecks(Checks):
    """The example notes a marker of each request, on its span and on its log line."""

    service_name = "backend-flask"
    exception_type = "StoreUnreachable"
    exception_message = "the activity store cannot be reached"
    # The exception passes through the span of the mock data and that of the request.
    failed_spans = 2
    exceptions = 2

    def own_rows(self, request: Sent) -> list[Row]:
        """By the marker, which no other request has."""
        return self.rows(("app.request_marker", "=", request.marker))

    def run_filter(self) -> Row:
        """By how the markers of the run begin."""
        return clause("app.request_marker", "starts-with", f"{self.run}-")
