"""Runs the examples of the documents against a real server and compares what they print.

Each document gets a server of its own on free ports, and an empty folder to work in. The addresses
that documents name are exchanged for the real ones before a command runs, and back in its output.
Programs find the packages of the other clients here; the server must have taken events from each.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from documents import SHELL, Example, examples_of, output_problem, parts_problems
from server_api import ServerApi
from server_process import ServerProcess

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ROOT / "docs"
# The manifests of the packages that programs in Go use.
GO_MODULE = (ROOT / "tests/clients/golang/go.mod", ROOT / "tests/clients/golang/go.sum")

# Where the documents say that a listener is.
ADDRESSES = {"main": "127.0.0.1:4400", "otlp-http": "127.0.0.1:4318",
             "otlp-grpc": "127.0.0.1:4317"}

TIMEOUT_S = 60
# Go builds the packages of a program once.
BUILD_TIMEOUT_S = 600


def problems_of(document: Path, binary: Path, folder: Path) -> tuple[int, list[str]]:
    """Runs one document; gives the number of its examples, and what is wrong."""
    examples = examples_of(document)
    parts = parts_problems(document, ROOT)
    if not examples:
        return 0, parts
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
    return len(examples), parts + problems


def example_problems(example: Example, server: ServerProcess, work: Path) -> list[str]:
    """Runs one example."""
    text, environment = example.commands, example.environment
    for listener, address in ADDRESSES.items():
        text = text.replace(address, server.addresses[listener])
        environment = environment.replace(address, server.addresses[listener])
    try:
        commands = environment + commands_of(example.language, text, work)
    except subprocess.CalledProcessError as error:
        return [f"does not compile: {error.stderr[-2000:]}"]
    before = accepted(server)
    if problem := run_problem(example, commands, server, work):
        return [problem]
    if example.language != SHELL and accepted(server) == before:
        return ["the server has taken no event from it"]
    return []


def commands_of(language: str, text: str, work: Path) -> str:
    """The commands that run a text in this language."""
    if language == SHELL:
        return text
    folder = Path(tempfile.mkdtemp(dir=work))
    if language == "go":
        (folder / "main.go").write_text(text, encoding="utf-8")
        for manifest in GO_MODULE:
            shutil.copy(manifest, folder)
        subprocess.run(["go", "build", "-mod=readonly", "-o", "program", "."], cwd=folder,
                       env=os.environ | {"GOTOOLCHAIN": "local"}, capture_output=True, text=True,
                       check=True, timeout=BUILD_TIMEOUT_S)
        return f"exec {folder}/program"
    program = folder / f"program.{language}"
    program.write_text(text, encoding="utf-8")
    return f"exec {'node' if language == 'js' else sys.executable} {program}"


def accepted(server: ServerProcess) -> float:
    """How many events the server has taken."""
    _, page = ServerApi(server.url("main")).get("/metrics")
    return sum(float(line.rpartition(" ")[2]) for line in page.splitlines()
               if line.startswith("trackway_events_accepted_total{"))


def run_problem(example: Example, commands: str, server: ServerProcess, work: Path) -> str | None:
    """Runs commands, and says what is wrong with how they ended or what they printed."""
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
        return f"was not done after {TIMEOUT_S} s"
    if done.returncode != 0:
        return f"exit {done.returncode}: {done.stderr[-2000:]}{done.stdout[-2000:]}"
    printed = done.stdout
    for listener, address in ADDRESSES.items():
        printed = printed.replace(server.addresses[listener], address)
    return output_problem(example, printed)


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
