"""What every request leaves behind: attributes on its span, and one line in the log."""

from time import strftime

from flask import Flask, Response, request
from opentelemetry import trace

# A caller marks a request to find it again, by a header or, where it can set none, in the query.
MARKER_HEADER = "X-Request-Marker"
MARKER_PARAMETER = "request_marker"

USER_HEADER = "X-User-Id"


def request_marker() -> str | None:
    """The mark that the caller put on the current request."""
    return request.headers.get(MARKER_HEADER) or request.args.get(MARKER_PARAMETER)


def install(app: Flask) -> None:
    """Adds the attributes before each request and the log line after it."""

    @app.before_request
    def describe_request() -> None:
        span = trace.get_current_span()
        span.set_attribute("app.user_id", request.headers.get(USER_HEADER, "anonymous"))
        if marker := request_marker():
            span.set_attribute("app.request_marker", marker)

    @app.after_request
    def log_request(response: Response) -> Response:
        marker = request_marker()
        app.logger.info(
            "%s %s %s %s %s %s", strftime("[%Y-%b-%d %H:%M]"), request.remote_addr,
            request.method, request.scheme, request.full_path, response.status,
            extra={"app.request_marker": marker} if marker else None)
        return response
