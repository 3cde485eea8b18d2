"""Takes the copy of what an SDK sends, so that the test knows what that was.

It speaks OTLP over HTTP in protobuf, the one way that every SDK has, and is none of ours: the
messages are read by the project's own generated code and kept as OTLP JSON.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

MESSAGES = {"/v1/traces": ExportTraceServiceRequest, "/v1/logs": ExportLogsServiceRequest,
            "/v1/metrics": ExportMetricsServiceRequest}


@dataclass
class Recorder:
    """The address that copies go to, and every request that came, as OTLP JSON."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    # What could not be read; a test with any of it is worth nothing.
    unread: list[str] = field(default_factory=list)

    def take(self, path: str, body: bytes) -> int:
        """Keeps one request; gives the status to answer with."""
        if path not in MESSAGES:
            self.unread.append(f"POST {path}")
            return 404
        message = MESSAGES[path]()
        try:
            message.ParseFromString(body)
        except ValueError as error:
            self.unread.append(f"POST {path}: {error}")
            return 400
        self.requests.append(MessageToDict(message, use_integers_for_enums=True))
        return 200


@contextmanager
def recording() -> Iterator[Recorder]:
    """A recorder on a free port of this machine, until the block ends."""
    recorder = Recorder("")

    class Handler(BaseHTTPRequestHandler):
        """One request; the body is complete before it is answered."""

        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # noqa: N802 (the name is given)
            """Takes a copy."""
            self.send_response(recorder.take(self.path, _body(self)))
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        recorder.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield recorder
        finally:
            server.shutdown()
            thread.join()


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    """The whole body, of a length that was told before or in chunks."""
    if handler.headers.get("Transfer-Encoding", "").lower() != "chunked":
        return handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    parts = []
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        parts.append(handler.rfile.read(size))
        handler.rfile.readline()
    handler.rfile.readline()
    return b"".join(parts)
