"""The ways in which an SDK can send: protocol and compression, by the usual variables."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

# Node or Python on a busy machine, with every exporter's own timeout behind it.
TIMEOUT_S = 180


@dataclass(frozen=True)
class Way:
    """One combination; the name of the service, and so of the dataset, tells which."""

    language: str
    protocol: str
    compression: str

    @property
    def service(self) -> str:
        """A dataset of its own: what one way sends is not found under another."""
        return f"{self.language}-{self.protocol.replace('/', '-')}-{self.compression}"


def metrics_dataset(service: str) -> str:
    """Where the metrics of a service are sent: by a header, since they have no service's own."""
    return f"{service}-metrics"


def ways(language: str, protocols: Sequence[str]) -> list[Way]:
    """Every protocol, with gzip and without."""
    return [Way(language, protocol, compression)
            for protocol in protocols for compression in ("none", "gzip")]


def environment(way: Way, http_url: str, grpc_url: str) -> dict[str, str]:
    """The variables of a user who sends this way, and nothing of the caller's own."""
    inherited = {name: value for name, value in os.environ.items()
                 if not name.startswith("OTEL_") and not name.lower().endswith("_proxy")}
    # Unset means none; Python's exporter for gRPC does not know the word.
    compression = {} if way.compression == "none" else {
        "OTEL_EXPORTER_OTLP_COMPRESSION": way.compression}
    return inherited | compression | {
        "OTEL_SERVICE_NAME": way.service,
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test,host.name=täst",
        "OTEL_EXPORTER_OTLP_ENDPOINT": grpc_url if way.protocol == "grpc" else http_url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": way.protocol,
        "OTEL_EXPORTER_OTLP_METRICS_HEADERS":
            f"x-honeycomb-dataset={metrics_dataset(way.service)}",
    }


def run(command: Sequence[str], variables: dict[str, str]) -> None:
    """Runs a program to its end. What it complains of is an error, even where it goes on."""
    done = subprocess.run(command, env=variables, capture_output=True, text=True,
                          timeout=TIMEOUT_S, check=False)
    # SDKs log a failed export and exit with success.
    said = (done.stdout + done.stderr).strip()
    if done.returncode != 0 or said:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{said[-4000:]}")
