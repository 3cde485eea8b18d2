"""A `trackway serve` of the test's own: started, killed, and started again where it was.

For tests in which the moment of an end matters, or the address has to stay the same; where neither
does, `cargo xtask test` starts the server and hands its address over.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

# The recovery of a large log on a busy machine, and a stop in good order.
START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 60

FREE_PORT = "127.0.0.1:0"
LISTENERS = {"main": "--listen", "otlp-http": "--otlp-http", "otlp-grpc": "--otlp-grpc"}


@dataclass
class ServerProcess:
    """The server of one data folder; its log is a file beside that."""

    binary: Path
    folder: Path
    # More of the command line, and of the environment.
    arguments: Sequence[str] = ()
    variables: dict[str, str] = field(default_factory=dict)
    # `host:port` of every listener, once it has been started.
    addresses: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    def url(self, listener: str) -> str:
        """Where to reach a listener."""
        return f"http://{self.addresses[listener]}"

    def start(self) -> None:
        """Starts it, on free ports the first time and on the same ever after; returns when ready.
        """
        command = [str(self.binary), "serve", "--data", str(self.folder / "data"), *self.arguments]
        for listener, flag in LISTENERS.items():
            command += [flag, self.addresses.get(listener, FREE_PORT)]
        inherited = {name: value for name, value in os.environ.items()
                     if not name.startswith("TRACKWAY_")}
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=inherited | self.variables, text=True,
                                            stdout=subprocess.PIPE, stderr=log)
        for line in self._lines_until_ready():
            if line.startswith("listening on http://"):
                address, _, name = line.removeprefix("listening on http://").partition(" ")
                self.addresses[name.strip("()")] = address

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Asks it to stop; anything but an end in good order is an error."""
        self.process.send_signal(signal.SIGTERM)
        if status := self.process.wait(STOP_TIMEOUT_S):
            raise RuntimeError(f"the server exited with {status}:\n{self.log_end()}")

    def close(self) -> None:
        """Leaves nothing running, whatever happened."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def log_end(self) -> str:
        """The last of its log, for an error's reader."""
        with suppress(OSError):
            return (self.folder / "server.log").read_text(errors="replace")[-4000:]
        return ""

    def _lines_until_ready(self) -> list[str]:
        """What it prints up to `ready`; a thread goes on reading, so that it never has to wait."""
        said: SimpleQueue[str | None] = SimpleQueue()

        def read() -> None:
            for line in self.process.stdout:
                said.put(line.strip())
            said.put(None)

        threading.Thread(target=read, daemon=True).start()
        lines: list[str] = []
        while "ready" not in lines:
            try:
                line = said.get(timeout=START_TIMEOUT_S)
            except Empty:
                raise RuntimeError(f"the server was not ready:\n{self.log_end()}") from None
            if line is None:
                raise RuntimeError(f"the server ended at its start:\n{self.log_end()}")
            lines.append(line)
        return lines
