"""End to end with an OpenTelemetry SDK: every signal by every protocol, field by field.

A program in the SDK's language sends traces, logs and metrics to the server, and a copy of each to
a recorder here. What the server shows, as rows and as traces, must be what the copy says, once
each. The file given by --state keeps what was sent, so that --phase check can verify it once more
after the caller has killed and restarted the server.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from subprocess import TimeoutExpired

from otlp.recorder import recording
from otlp.telemetry_checks import Sent, problems_of
from otlp.ways import Way, environment, run, ways
from server_api import ApiError, ServerApi

# Enough for several pages of rows; a batch of each signal is a request.
ROUNDS = 8

# As many problems are printed in full; the rest are only counted.
SHOWN_PROBLEMS = 20


def send(way: Way, arguments: argparse.Namespace) -> Sent:
    """Runs the program once; when this returns, it has sent everything."""
    with recording() as recorder:
        command = [*arguments.program, recorder.url, str(ROUNDS)]
        run(command, environment(way, arguments.otlp_http, arguments.otlp_grpc))
        if recorder.unread:
            raise RuntimeError(f"{way.service}: the recorder could not read {recorder.unread}")
        return Sent(way.service, recorder.requests)


def make_parser() -> argparse.ArgumentParser:
    """What the script can be told."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="URL of the server's main port")
    parser.add_argument("--otlp-http", help="URL that the program sends OTLP over HTTP to")
    parser.add_argument("--otlp-grpc", help="URL that the program sends OTLP over gRPC to")
    parser.add_argument("--language", help="which SDK it is; part of the names of datasets")
    parser.add_argument("--protocols", nargs="+", help="values of OTEL_EXPORTER_OTLP_PROTOCOL")
    parser.add_argument("--phase", choices=("check",), help="default: send, then check")
    parser.add_argument("--state", type=Path, required=True, help="file that keeps what was sent")
    parser.add_argument("program", nargs="*", help="the program in the SDK's language")
    return parser


def main() -> int:
    """Sends and checks, or checks once more."""
    arguments = make_parser().parse_args()
    try:
        if arguments.phase == "check":
            content = json.loads(arguments.state.read_text(encoding="utf-8"))
            sent = [Sent(**item) for item in content]
        else:
            sent = [send(way, arguments)
                    for way in ways(arguments.language, arguments.protocols)]
            text = json.dumps([asdict(item) for item in sent], ensure_ascii=False)
            arguments.state.write_text(text, encoding="utf-8")
        server = ServerApi(arguments.server)
        problems = [problem for item in sent for problem in problems_of(server, item)]
    except (ApiError, RuntimeError, OSError, TimeoutExpired) as error:
        print(f"sdk_e2e: {error}", file=sys.stderr)
        return 1
    for problem in problems[:SHOWN_PROBLEMS]:
        print(f"sdk_e2e: {problem}", file=sys.stderr)
    counts = ", ".join(f"{item.service} {len(item.events())} + {len(item.metrics())}"
                       for item in sent)
    print(f"sdk_e2e: events and metrics: {counts}: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
