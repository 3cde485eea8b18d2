"""End to end: an example sends with the real SDK of its language, the server must show all of it.

Each round starts the example, sends every kind of request, and stops it by SIGTERM. Without
--phase each round is checked when it ends. The file given by --state keeps what was sent, so that
--phase check can verify it once more after the caller has killed and restarted the server;
--phase send sends without checking.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import TimeoutExpired

from app_process import running_app
from checks import Checks
from server_api import ApiError, ServerApi
from traffic import Route, Sent, send_all

# The queries look this far around the time of sending.
MARGIN_S = 60

# As many problems are printed in full; the rest are only counted.
SHOWN_PROBLEMS = 20


@dataclass(frozen=True)
class Example:
    """An example: how to run it, what to ask of it, what to expect of its telemetry."""

    title: str
    command: Sequence[str]
    folder: Path
    routes: Sequence[Route]
    checks: type[Checks]


@dataclass
class State:
    """What was sent, and when: all that a later check needs."""

    run: str
    start_s: int
    end_s: int
    sent: list[Sent]

    def write(self, path: Path) -> None:
        """Keeps the state for a later check."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), encoding="utf-8")


def read_state(path: Path) -> State:
    """The state that an earlier phase wrote."""
    content = json.loads(path.read_text(encoding="utf-8"))
    sent = [Sent(**item) for item in content.pop("sent")]
    return State(sent=sent, **content)


def send_round(
    example: Example, otlp_url: str, rng: random.Random, run: str, number: int
) -> State:
    """Runs the example once; when this returns, it has sent everything and exited."""
    start_s = int(time.time()) - MARGIN_S
    with running_app(example.command, example.folder, example.checks.service_name,
                     otlp_url) as address:
        sent = send_all(address, rng, example.routes, run, number)
    return State(run, start_s, int(time.time()) + MARGIN_S, sent)


def problems_of(example: Example, server_url: str, state: State) -> list[str]:
    """Checks everything that a state says was sent."""
    checks = example.checks(ServerApi(server_url), state.run, state.sent, state.start_s,
                            state.end_s)
    return checks.problems()


def joined(states: list[State]) -> State:
    """The rounds so far as one."""
    return State(states[0].run, states[0].start_s, states[-1].end_s,
                 [request for state in states for request in state.sent])


def make_parser(description: str) -> argparse.ArgumentParser:
    """What every such script can be told."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--server", help="URL of the server's main port, for queries")
    parser.add_argument("--otlp", help="URL that the example sends OTLP to; default: --server")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=time.time_ns(), help="makes ids and order")
    parser.add_argument("--phase", choices=("send", "check"), help="default: both, by round")
    parser.add_argument("--state", type=Path, help="file that keeps what was sent")
    return parser


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Reads the command line and refuses what does not go together."""
    arguments = parser.parse_args()
    if arguments.phase and not arguments.state:
        parser.error("--phase needs --state")
    if arguments.phase != "send" and not arguments.server:
        parser.error("--server is needed to check")
    if arguments.phase != "check" and not (arguments.otlp or arguments.server):
        parser.error("--otlp or --server is needed to send")
    return arguments


def run_phases(example: Example, arguments: argparse.Namespace) -> tuple[State, list[str]]:
    """Sends and checks as the command line asks; gives what was sent and what is wrong."""
    if arguments.phase == "check":
        state = read_state(arguments.state)
        return state, problems_of(example, arguments.server, state)
    # Two examples that send to one server must not make the same trace ids.
    rng = random.Random(f"{example.title} {arguments.seed}")
    problems: list[str] = []
    states: list[State] = []
    for number in range(1, arguments.rounds + 1):
        states.append(send_round(example, arguments.otlp or arguments.server, rng,
                                 f"run{arguments.seed}", number))
        if not arguments.phase:
            problems += problems_of(example, arguments.server, joined(states))
    if arguments.state:
        joined(states).write(arguments.state)
    return joined(states), problems


def main(example: Example, arguments: argparse.Namespace) -> int:
    """Runs the phases and prints one line; problems go to standard error."""
    try:
        state, problems = run_phases(example, arguments)
    except (ApiError, RuntimeError, OSError, TimeoutExpired) as error:
        print(f"{example.title} (--seed {arguments.seed}): {error}")
        return 1
    for problem in problems[:SHOWN_PROBLEMS]:
        print(f"{example.title}: {problem}", file=sys.stderr)
    verdict = "sent" if arguments.phase == "send" else f"{len(problems)} problems"
    print(f"{example.title}: {len(state.sent)} requests ({state.run}): {verdict}")
    return 1 if problems else 0
