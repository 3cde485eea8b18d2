"""An example as a process: started, asked for its address, and stopped in good order."""

from __future__ import annotations

import os
import select
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

GREETING = "listening on "

# Importing Python's SDK takes seconds on a busy machine.
START_TIMEOUT_S = 120

# Python's exporter retries for as long as this before it gives up on the last batch.
STOP_TIMEOUT_S = 120


@contextmanager
def running_app(
    command: Sequence[str], folder: Path, service_name: str, otlp_url: str
) -> Iterator[str]:
    """Runs the application; gives its address. At the end it has sent all telemetry and is gone."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("OTEL_")}
    environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": otlp_url, "OTEL_SERVICE_NAME": service_name,
                    "PYTHONDONTWRITEBYTECODE": "1", "NO_PROXY": "127.0.0.1",
                    "no_proxy": "127.0.0.1"}
    with tempfile.TemporaryFile() as log, subprocess.Popen(
            [*command, "--listen", "127.0.0.1:0"], cwd=folder,
            env=environment, stdout=subprocess.PIPE, stderr=log) as process:
        try:
            yield _address(process, log)
            process.terminate()
            process.wait(STOP_TIMEOUT_S)
        finally:
            process.kill()
        if process.returncode != 0:
            raise RuntimeError(f"the application exited with {process.returncode}:\n{_text(log)}")


def _address(process: subprocess.Popen[bytes], log: IO[bytes]) -> str:
    """Waits for the line that names the address."""
    ready, _, _ = select.select([process.stdout], [], [], START_TIMEOUT_S)
    line = process.stdout.readline().decode().strip() if ready else ""
    if not line.startswith(GREETING):
        raise RuntimeError(f"the application did not start:\n{_text(log)}")
    return line.removeprefix(GREETING)


def _text(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read().decode(errors="replace")
