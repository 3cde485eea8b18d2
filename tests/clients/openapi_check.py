"""Holds exchanges with the server against Honeycomb's own description of its interface.

Each line of the files is an exchange as JSON: method, path, request, status, content_type, answer;
bodies are text. Tests of the server and its specifications write them where
TRACKWAY_TEST_EXCHANGES names a file. Every operation that the server's table calls built must be
among them with a success.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from openapi.description import Description, Fault, Operation

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTION = ROOT / "captures/honeycomb/openapi-2026-01.yaml"
TABLE = ROOT / "crates/honeycomb/src/lib.rs"

# What an operation that is not built says.
NOT_BUILT = "operation of Honeycomb's that this server does not have yet"

# Requests that are taken although the description is stricter, by operation and keyword: members
# that an update leaves out keep or get their default, and null says as much as nothing. Fields of
# events may be objects and lists, which it does not allow in an event, although it says elsewhere
# how deep a dataset unpacks them (expand_json_depth); and an event of a batch that is no object is
# refused alone, within an answer of 200.
LIBERTIES = {
    ("updateDataset", "required"), ("updateColumn", "required"), ("createQuery", "type"),
    ("createEvents", "type"), ("createEvent", "type"),
}

# As much of a body is shown.
SHOWN_CHARACTERS = 400


def fault_of(description: Description, operation: Operation, exchange: dict[str, Any]
             ) -> Fault | None:
    """What is wrong with an exchange."""
    status = exchange["status"]
    if NOT_BUILT in exchange["answer"]:
        return None
    fault = description.answer_fault(operation, status, exchange["content_type"],
                                     exchange["answer"])
    if fault is None and status < 300:
        fault = description.request_fault(operation, exchange["request"])
        if fault is not None and (operation.name, fault.keyword) in LIBERTIES:
            return None
    return fault


def check(description: Description, exchanges: Iterable[dict[str, Any]]
          ) -> tuple[list[str], Counter[str]]:
    """What is wrong with exchanges, and how many of each operation succeeded."""
    complaints: list[str] = []
    successes: Counter[str] = Counter()
    for exchange in exchanges:
        operation = description.find(exchange["method"], exchange["path"])
        if operation is None:
            continue
        fault = fault_of(description, operation, exchange)
        if fault is not None:
            said = json.dumps(exchange, ensure_ascii=False)[:SHOWN_CHARACTERS]
            complaints.append(f"{operation.name}: {fault.text}\n  {said}")
        elif exchange["status"] < 300:
            successes[f"{operation.method} {operation.path}"] += 1
    return complaints, successes


def built() -> list[str]:
    """The described operations that the table calls built."""
    rows = re.findall(r"^//! \| `(\w+ /[12]/\S*)` \| (`\w+`|not built)", TABLE.read_text(), re.M)
    return [operation for operation, name in rows if name != "not built"]


def main() -> int:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--part", action="store_true", help="the files need not have all that is "
                        "built")
    arguments = parser.parse_args()
    lines = [line for path in arguments.files for line in path.read_text().splitlines()]
    complaints, successes = check(Description.read(DESCRIPTION), map(json.loads, lines))
    if not arguments.part:
        complaints += [f"no success of {name}" for name in built() if not successes[name]]
    for complaint in complaints:
        print(complaint)
    print(f"openapi: {len(lines)} exchanges, {sum(successes.values())} successes of "
          f"{len(successes)} operations: {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
