"""What is particular to the telemetry of Cruddur, the Rust example."""

from __future__ import annotations

from checks import Checks, Row, clause
from traffic import Sent

# For whom requests are that name nobody, or somebody whose name is not ASCII.
MOCK_USER = "1815-12-10"


class CruddurChecks(Checks):
    """It knows no marker: a request is found by its trace."""

    service_name = "backend-axum"
    exception_type = "UnreadableActivity"
    exception_message = ("reading the column likes_count of an activity: "
                         "invalid digit found in string")
    # The span of the mock data failed too, in words of its own; the request's has the exception.
    failed_spans = 2
    exceptions = 1

    def own_rows(self, request: Sent) -> list[Row]:
        """Only the server span and the log line of a request name its method."""
        return self.rows(("trace.trace_id", "=", request.shown_trace_id),
                         ("http.request.method", "=", request.method))

    def run_filter(self) -> Row:
        """By the traces of the run."""
        return clause("trace.trace_id", "in", [request.shown_trace_id for request in self.sent])

    def shown_user(self, request: Sent) -> str:
        """Only what a header can say in ASCII is taken."""
        return request.user_id if request.user_id.isascii() and request.user_id else MOCK_USER
