"""Waits until a server has nothing left to flush or compact, by its own figures.

Between two rounds of questions it makes sure that the same events are asked for once from memory
and once from segments. The server's thresholds have to be low, or there is little to wait for.
"""

from __future__ import annotations

import argparse
import sys
import time

from server_api import ApiError, ServerApi

# What has to be zero, and how often in a row: compaction is only planned after a flush.
FIGURES = ("trackway_memtable_rows", "trackway_flushes_pending", "trackway_compactions_pending")
LOOKS_IN_A_ROW = 3

LOOK_EVERY_S = 0.1
TIMEOUT_S = 120.0


def figures(server: ServerApi) -> dict[str, float]:
    """The figures that are waited for."""
    status, text = server.get("/metrics")
    if status != 200 or not isinstance(text, str):
        raise ApiError(f"GET /metrics: status {status}")
    lines = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    found = {line[0]: float(line[1]) for line in lines if line[0] in FIGURES}
    if missing := set(FIGURES) - set(found):
        raise ApiError(f"GET /metrics lacks {sorted(missing)}")
    return found


def settle(server: ServerApi) -> dict[str, float]:
    """Waits; gives what is left in the end, which is nothing unless the time ran out."""
    end_s = time.monotonic() + TIMEOUT_S
    quiet = 0
    while True:
        left = {name: value for name, value in figures(server).items() if value}
        quiet = 0 if left else quiet + 1
        if quiet == LOOKS_IN_A_ROW or time.monotonic() > end_s:
            return left
        time.sleep(LOOK_EVERY_S)  # waits for the server's figures to be zero


def main() -> int:
    """Waits for the server of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="URL of the server's main port")
    arguments = parser.parse_args()
    try:
        left = settle(ServerApi(arguments.server))
    except ApiError as error:
        print(f"settle: {error}", file=sys.stderr)
        return 1
    if left:
        print(f"settle: after {TIMEOUT_S:.0f} s there is still {left}", file=sys.stderr)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
