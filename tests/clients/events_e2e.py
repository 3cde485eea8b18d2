"""End to end with Honeycomb's libhoney, in Python and in JavaScript: plain events in batches.

Each client sends the same kinds of events and says what became of each. All must be accepted with
202, but for the one that has too many fields, which is refused alone and in words; and the rows of
the dataset must be the accepted events, field by field and once each.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import libhoney

from events.workload import PlainEvent, make_events
from otlp.telemetry_checks import row_problems
from otlp.ways import TIMEOUT_S
from server_api import ApiError, ServerApi

ACCEPTED = 202
REFUSED = 400
TOO_WIDE = "Event has too many columns."

# What became of an event, by its place among those that were sent.
Outcome = dict[str, Any]

SHOWN_PROBLEMS = 20


def send_python(url: str, dataset: str, events: list[PlainEvent], gzip: bool) -> list[Outcome]:
    """With libhoney for Python, which reads a status for each event of a batch."""
    # Nothing is dropped on our side: sending waits where the queue is full.
    transmission = libhoney.transmission.Transmission(
        block_on_send=True, max_batch_size=25, gzip_enabled=gzip)
    client = libhoney.Client(writekey="unused-on-loopback", dataset=dataset, api_host=url,
                             transmission_impl=transmission)
    for place, sent in enumerate(events):
        event = client.new_event(sent.data)
        event.created_at = sent.time
        event.sample_rate = sent.samplerate
        event.metadata = place
        event.send_presampled()
    client.close()
    responses = client.responses()
    outcomes = []
    while (response := responses.get(timeout=TIMEOUT_S)) is not None:
        error = response["error"]
        outcomes.append({"place": response["metadata"], "status": response["status_code"],
                         "error": None if error is None else str(error)})
    return outcomes


def send_javascript(
    program: list[str], url: str, dataset: str, events: list[PlainEvent]
) -> list[Outcome]:
    """With libhoney for JavaScript, in a program of its own."""
    done = subprocess.run([*program, url, dataset], capture_output=True, text=True, check=False,
                          input=json.dumps([asdict(event) for event in events]),
                          timeout=TIMEOUT_S)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(program)}: exit {done.returncode}\n{done.stderr[-4000:]}")
    return json.loads(done.stdout)


def outcome_problems(events: list[PlainEvent], outcomes: list[Outcome]) -> list[str]:
    """Each event has one status, and it is the right one."""
    by_place = {outcome["place"]: outcome for outcome in outcomes}
    if len(outcomes) != len(events) or len(by_place) != len(events):
        return [f"{len(events)} events have {len(outcomes)} outcomes: {outcomes[:3]}"]
    problems = []
    for place, event in enumerate(events):
        outcome = by_place[place]
        wanted = ACCEPTED if event.is_acceptable else REFUSED
        if outcome["status"] != wanted:
            problems.append(f"event {place}: expected status {wanted}, found {outcome}")
        # libhoney for JavaScript reads the text under another name than the one that is sent.
        elif not event.is_acceptable and outcome["error"] not in (TOO_WIDE, None):
            problems.append(f"event {place}: expected {TOO_WIDE!r}, found {outcome}")
        elif event.is_acceptable and outcome["error"]:
            problems.append(f"event {place} was accepted with an error: {outcome}")
    return problems


def main() -> int:
    """Sends with each client, and checks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="URL of the server's main port")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("program", nargs="+", help="the program in JavaScript")
    arguments = parser.parse_args()
    server = ServerApi(arguments.server)
    senders: dict[str, Callable[..., list[Outcome]]] = {
        "libhoney-python-gzip": partial(send_python, gzip=True),
        "libhoney-python": partial(send_python, gzip=False),
        "libhoney-javascript": partial(send_javascript, arguments.program),
    }
    problems = []
    for dataset, send in senders.items():
        events = make_events(arguments.seed, int(time.time() * 1000))
        try:
            outcomes = send(arguments.server, dataset, events)
            found = outcome_problems(events, outcomes)
            shown = [event.shown(dataset) for event in events if event.is_acceptable]
            found += row_problems(server.query, dataset, shown)
        except (ApiError, RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            found = [str(error)]
        problems += [f"{dataset}: {problem}" for problem in found]
        print(f"events_e2e: {dataset}: {len(events)} events sent")
    for problem in problems[:SHOWN_PROBLEMS]:
        print(f"events_e2e: {problem}", file=sys.stderr)
    print(f"events_e2e: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
