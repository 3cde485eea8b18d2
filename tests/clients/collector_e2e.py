"""End to end through the OpenTelemetry Collector: an outage of the server loses nothing.

Spans go into the Collector without a pause, which hands them on over gRPC and over HTTP, with zstd,
its sending queue and its retries. In between the server is killed and stays away for --outage-s.
Afterwards the trace view shows every span exactly once, and every row is as it was sent; a retry
may have doubled rows on disk, and how many is printed.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evaluator.translate import translate
from otlp.steady_sender import SteadySender
from otlp.telemetry_checks import NS_PER_S
from otlp.trace_view import sent_traces, trace_problems
from server_api import ApiError, ServerApi
from server_process import ServerProcess

CONFIG = Path(__file__).parent / "collector" / "config.yaml"

# How long spans flow before the outage and after it.
FLOW_S = 3.0

# How long the Collector may take to start, and to hand on what waited in its queues.
START_TIMEOUT_S = 60.0
DRAIN_TIMEOUT_S = 180.0
LOOK_EVERY_S = 0.2

# What the Collector logs when an export failed and waits for its next try.
RETRYING = "Exporting failed. Will retry"

ROWS_MAX = 10_000
SHOWN_PROBLEMS = 20


def free_address() -> str:
    """An address that was free just now: the Collector does not say which port it chose."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{opened.getsockname()[1]}"


@contextmanager
def collector(binary: Path, folder: Path, server: ServerProcess) -> Iterator[dict[str, str]]:
    """Runs the Collector; gives the URL of each receiver by its exporter's protocol."""
    receivers = {"grpc": free_address(), "http": free_address()}
    text = CONFIG.read_text(encoding="utf-8")
    for name, address in (("FIRST_RECEIVER", receivers["grpc"]),
                          ("SECOND_RECEIVER", receivers["http"]),
                          ("OTLP_GRPC", server.addresses["otlp-grpc"]),
                          ("OTLP_HTTP", server.addresses["otlp-http"])):
        text = text.replace(name, address)
    config = folder / "collector.yaml"
    config.write_text(text, encoding="utf-8")
    log = (folder / "collector.log").open("wb")
    with log, subprocess.Popen([str(binary), "--config", str(config)], stdout=log,
                               stderr=log) as process:
        try:
            for address in receivers.values():
                wait_for_listener(address, process)
            yield {name: f"http://{address}" for name, address in receivers.items()}
        finally:
            process.terminate()
            process.wait()


def wait_for_listener(address: str, process: subprocess.Popen[bytes]) -> None:
    """Until somebody listens there."""
    host, _, port = address.partition(":")
    end_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end_s and process.poll() is None:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            return
        except OSError:
            time.sleep(LOOK_EVERY_S)  # waits for the Collector to listen
    raise RuntimeError("the Collector did not start: see collector.log")


def count(server: ServerApi, sender: SteadySender, calculation: dict[str, Any]) -> int:
    """One number about the spans of a sender."""
    query = {"time_range": 3600, "calculations": [calculation]}
    status, body = server.query({"dataset": sender.service, "query": query})
    if status == 404:
        return 0
    if status != 200:
        raise ApiError(f"counting {sender.service}: status {status}, {str(body)[:300]}")
    [value] = body["data"]["results"][0]["data"].values()
    return int(value or 0)


def wait_for_all(server: ServerApi, senders: list[SteadySender]) -> None:
    """Until the server knows every trace, or time is up; the checks say what is missing."""
    end_s = time.monotonic() + DRAIN_TIMEOUT_S
    distinct = {"op": "COUNT_DISTINCT", "column": "trace.span_id"}
    for sender in senders:
        wanted = sum(len(translate(request)) for request in sender.accepted)
        while count(server, sender, distinct) < wanted and time.monotonic() < end_s:
            time.sleep(LOOK_EVERY_S)  # waits for the Collector's queue to empty


def problems_of(server: ServerApi, sender: SteadySender) -> list[str]:
    """Every trace by its view, and every row against what was sent."""
    problems = []
    for full_id, trace in sent_traces(sender.accepted).items():
        problems += trace_problems(server, full_id, trace)
    wanted = {(event.data["trace.span_id"], event.time_ns): event.data
              for request in sender.accepted for event in translate(request)}
    found = rows(server, sender.service, min(time_ns for _, time_ns in wanted),
                 max(time_ns for _, time_ns in wanted))
    shown = {row["trace.span_id"]: row for row in found}
    for (span_id, _), data in wanted.items():
        if shown.get(span_id) != data:
            problems.append(f"span {span_id}: expected {data}, found {shown.get(span_id)}")
    problems += [f"span {span_id} was never sent"
                 for span_id in sorted(set(shown) - {span_id for span_id, _ in wanted})]
    return [f"{sender.service}: {problem}" for problem in problems]


def rows(server: ServerApi, dataset: str, from_ns: int, to_ns: int) -> list[dict[str, Any]]:
    """The fields of all rows of a dataset, doubled ones too."""
    query = {"start_time": from_ns // NS_PER_S, "end_time": to_ns // NS_PER_S + 1,
             "limit": ROWS_MAX}
    found: list[dict[str, Any]] = []
    token = None
    while True:
        body = {"dataset": dataset, "query": query, "rows": True}
        status, page = server.query(body | ({"next": token} if token else {}))
        if status == 404:
            return []
        if status != 200:
            raise ApiError(f"rows of {dataset}: status {status}, {str(page)[:300]}")
        found += [row["data"] for row in page["rows"]]
        token = page["next"]
        if token is None:
            return found


def run(arguments: argparse.Namespace) -> list[str]:
    """Sends, has the outage, and gives all problems."""
    server = ServerProcess(arguments.trackway, arguments.folder)
    clock = threading.Event()
    try:
        server.start()
        with collector(arguments.collector, arguments.folder, server) as urls:
            senders = [SteadySender(url, f"through-{name}", arguments.seed)
                       for name, url in urls.items()]
            for sender in senders:
                sender.start()
            clock.wait(FLOW_S)
            server.kill()
            clock.wait(arguments.outage_s)
            server.start()
            clock.wait(FLOW_S)
            for sender in senders:
                sender.stop()
            api = ServerApi(server.url("main"))
            wait_for_all(api, senders)
            problems = [problem for sender in senders for problem in problems_of(api, sender)]
        for sender in senders:
            spans = sum(len(translate(request)) for request in sender.accepted)
            doubled = max(count(api, sender, {"op": "COUNT"}) - spans, 0)
            print(f"collector_e2e: {sender.service}: {len(sender.accepted)} traces, {spans} spans, "
                  f"{doubled} rows doubled by retries")
        retries = (arguments.folder / "collector.log").read_text(errors="replace")
        for exporter in ('"otlp_grpc"', '"otlp_http"'):
            if not any(RETRYING in line and exporter in line for line in retries.splitlines()):
                problems.append(f"the outage did not make {exporter} retry")
        server.stop()
        return problems
    finally:
        server.close()


def main() -> int:
    """Runs the test as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trackway", type=Path, required=True, help="the server's binary")
    parser.add_argument("--collector", type=Path, required=True, help="the Collector's binary")
    parser.add_argument("--folder", type=Path, required=True, help="for data and logs; exists")
    parser.add_argument("--outage-s", type=float, default=5.0, help="how long the server is gone")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    try:
        problems = run(arguments)
    except (ApiError, RuntimeError, OSError, subprocess.TimeoutExpired) as error:
        print(f"collector_e2e: {error}", file=sys.stderr)
        return 1
    for problem in problems[:SHOWN_PROBLEMS]:
        print(f"collector_e2e: {problem}", file=sys.stderr)
    print(f"collector_e2e: outage of {arguments.outage_s:.0f} s: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
