"""The server over HTTP, with the standard library alone."""

from __future__ import annotations

import gzip
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

# Long enough for a loaded machine; a server that hangs still ends the test.
TIMEOUT_S = 120.0

# Loopback is never behind a proxy, whatever the environment says.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

QUERY_PATH = "/api/v1/query"


class ApiError(Exception):
    """The server cannot be reached, or answered with what the contract does not allow."""


@dataclass(frozen=True)
class ServerApi:
    """A server by the URL of its main port."""

    url: str

    def send(self, path: str, body: dict[str, Any], compressed: bool) -> None:
        """Sends an OTLP JSON request; anything but 200 is an error."""
        payload = json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        if compressed:
            payload = gzip.compress(payload, mtime=0)
            headers["Content-Encoding"] = "gzip"
        status, answer = self.exchange(path, payload, headers)
        if status != 200:
            raise ApiError(f"POST {path}: status {status}, {answer!r}")
        refused = answer.get("partialSuccess") if isinstance(answer, dict) else None
        if refused and any(int(refused.get(name, 0)) for name in ("rejectedSpans",
                                                                  "rejectedLogRecords")):
            raise ApiError(f"POST {path}: partly refused, {refused!r}")

    def query(self, body: dict[str, Any]) -> tuple[int, Any]:
        """Posts to the query API."""
        return self.post_bytes(QUERY_PATH, json.dumps(body, ensure_ascii=False).encode())

    def post_bytes(self, path: str, payload: bytes) -> tuple[int, Any]:
        """Posts JSON that is ready, or meant to be wrong."""
        return self.exchange(path, payload, {"Content-Type": "application/json"})

    def get(self, path: str) -> tuple[int, Any]:
        """Gets a resource."""
        return self.exchange(path, None, {})

    def change(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Changes or deletes a resource; a body of None is none."""
        payload = None if body is None else json.dumps(body).encode()
        return self.exchange(path, payload, {"Content-Type": "application/json"}, method)

    def exchange(
        self, path: str, payload: bytes | None, headers: dict[str, str], method: str | None = None
    ) -> tuple[int, Any]:
        """One request: the status, and the body as JSON or, where it is none, as text."""
        url = self.url.rstrip("/") + path
        request = urllib.request.Request(url, payload, headers, method=method)
        try:
            with DIRECT.open(request, timeout=TIMEOUT_S) as response:
                return response.status, _decoded(response.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _decoded(error.read())
        except OSError as error:
            raise ApiError(f"{request.get_method()} {request.full_url}: {error}") from error


def _decoded(content: bytes) -> Any:
    text = content.decode("utf-8", errors="replace")
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
