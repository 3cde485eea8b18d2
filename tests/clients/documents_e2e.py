"""Runs the examples of the documents against a real server and compares what they print.

Each document gets a server of its own on free ports, and an empty folder to work in. The addresses
that documents name are exchanged for the real ones before a command runs, and back in its output.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from documents import Example, examples_of, output_problem
from server_process import ServerProcess

DOCUMENTS = Path(__file__).resolve().parents[2] / "docs"

# Where the documents say that a listener is.
ADDRESSES = {"main": "127.0.0.1:4400", "otlp-http": "127.0.0.1:4318",
             "otlp-grpc": "127.0.0.1:4317"}

TIMEOUT_S = 60


def problems_of(document: Path, binary: Path, folder: Path) -> tuple[int, list[str]]:
    """Runs one document; gives the number of its examples, and what is wrong."""
    examples = examples_of(document)
    if not examples:
        return 0, []
    folder.mkdir()
    work = folder / "work"
    work.mkdir()
    server = ServerProcess(binary, folder)
    try:
        server.start()
        problems = [f"{example.place}: {problem}" for example in examples
                    for problem in example_problems(example, server, work)]
        server.stop()
    finally:
        server.close()
    return len(examples), problems


def example_problems(example: Example, server: ServerProcess, work: Path) -> list[str]:
    """Runs one example."""
    commands = example.commands
    for listener, address in ADDRESSES.items():
        commands = commands.replace(address, server.addresses[listener])
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("TRACKWAY_", "OTEL_"))
                   and not name.lower().endswith("_proxy")}
    environment |= {"PATH": f"{server.binary.parent}:{os.environ['PATH']}",
                    "TRACKWAY_SERVER": server.url("main"), "HOME": str(work)}
    try:
        done = subprocess.run(["bash", "-eu", "-o", "pipefail", "-c", commands], cwd=work,
                              env=environment, capture_output=True, text=True, check=False,
                              timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return [f"was not done after {TIMEOUT_S} s"]
    if done.returncode != 0:
        return [f"exit {done.returncode}: {done.stderr[-2000:]}{done.stdout[-2000:]}"]
    printed = done.stdout
    for listener, address in ADDRESSES.items():
        printed = printed.replace(server.addresses[listener], address)
    problem = output_problem(example, printed)
    return [problem] if problem else []


def main() -> int:
    """Runs all documents, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trackway", type=Path, required=True, help="the server's binary")
    parser.add_argument("documents", nargs="*", type=Path, help="default: all of docs/")
    arguments = parser.parse_args()
    documents = arguments.documents or sorted(DOCUMENTS.glob("*.md"))
    problems: list[str] = []
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        for document in documents:
            try:
                count, found = problems_of(document, arguments.trackway.resolve(),
                                           Path(folder) / document.stem)
            except (ValueError, RuntimeError, OSError) as error:
                count, found = 0, [f"{document.name}: {error}"]
            total += count
            problems += found
            print(f"documents_e2e: {document.name}: {count} examples, {len(found)} problems")
    for problem in problems:
        print(f"documents_e2e: {problem}", file=sys.stderr)
    if total == 0:
        print("documents_e2e: there is no example to run", file=sys.stderr)
    return 1 if problems or total == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
