"""Asks the server and the naive evaluator the same random questions about the same random data.

Data goes in over OTLP in several rounds; a command given by the caller runs between them, so that
flushes, compactions and restarts fall between data and questions. After each round half of its
questions are asked before that command and half after it. Everything follows from the seed and
the moment that stands for "now"; both are printed with each difference.

With --self-test no server is needed: it shows that planted mistakes would be noticed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from typing import Any

import self_test
from asking import Outcome, ask
from evaluator.raw_rows import PAGE_ROWS_MAX
from evaluator.translate import Door, Event, translate
from server_api import QUERY_PATH, ApiError, ServerApi
from workload.population import Population, describe
from workload.queries import Question, make_question
from workload.refusals import WRONG_BODIES, WRONG_QUERIES
from workload.rounds import RUN_FIELD, Request, make_rounds, own_datasets, run_token
from workload.windows import all_time

# As much of an answer is printed with a difference.
SHOWN_CHARACTERS = 1500

# As many differences are printed in full; the rest are only counted.
SHOWN_DIFFERENCES = 20


class Differential:
    """One run against one server."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.server = ServerApi(arguments.server)
        self.seed: int = arguments.seed
        self.now_s: int = arguments.now or int(time.time())
        self.rounds: int = arguments.rounds
        self.queries: int = arguments.queries
        self.items: int = arguments.items
        self.between_rounds: str | None = arguments.between_rounds
        self.events: list[Event] = []
        self.rng = random.Random(f"queries {self.seed}")
        self.asked = 0
        self.differences = 0

    def run(self) -> int:
        """Runs all rounds; returns the exit code."""
        self.require_fresh_datasets()
        dealt = make_rounds(self.seed, self.now_s, self.items, self.rounds)
        for number, requests in enumerate(dealt, start=1):
            self.send(requests)
            due = self.queries * number // self.rounds
            self.ask_until(self.asked + (due - self.asked) // 2)
            self.call_hook(number)
            self.ask_until(due)
        self.check_every_event()
        self.check_refusals()
        print(f"differential: {self.asked} queries over {len(self.events)} events in "
              f"{self.rounds} rounds (--seed {self.seed} --now {self.now_s}): "
              f"{self.differences} differences")
        return 1 if self.differences else 0

    def require_fresh_datasets(self) -> None:
        """Events of an earlier run with the same seed and time would be counted twice."""
        for dataset in own_datasets(run_token(self.seed, self.now_s)):
            query = {"start_time": 1, "end_time": self.now_s + 1}
            status, body = self.server.query({"dataset": dataset, "query": query})
            if status == 200 and body["data"]["results"][0]["data"]["COUNT"] != 0:
                sys.exit(f"differential: dataset {dataset!r} holds events already; "
                         "use another --seed or --now, or an empty server")

    def send(self, requests: list[Request]) -> None:
        """Sends one round and translates it for the evaluator."""
        for number, request in enumerate(requests):
            received_ns = time.time_ns()
            self.server.send(request.path, request.body, compressed=number % 2 == 1)
            self.events += translate(request.body, Door(received_ns=received_ns))

    def ask_until(self, count: int) -> None:
        """Asks random questions about what was sent so far."""
        population = describe(self.events, self.seed, self.now_s)
        while self.asked < count:
            self.asked += 1
            self.ask(make_question(self.rng, population), population)

    def ask(self, question: Question, population: Population) -> None:
        """Asks both sides and reports what differs."""
        outcome = ask(question, self.events, population.kinds, self.server.query, time.time())
        if outcome.problems:
            self.report(question, outcome)

    def check_every_event(self) -> None:
        """Reads back all that was sent: every event exactly once, with every field."""
        population = describe(self.events, self.seed, self.now_s)
        run_filter = {"column": RUN_FIELD, "op": "=", "value": population.token}
        for dataset in population.datasets:
            query = all_time(population) | {"filters": [run_filter], "limit": PAGE_ROWS_MAX}
            self.ask(Question(dataset, query, rows=True), population)

    def report(self, question: Question, outcome: Outcome) -> None:
        """Prints a difference with all that is needed to see it again."""
        self.differences += 1
        if self.differences > SHOWN_DIFFERENCES:
            return
        body = {"dataset": question.dataset, "query": question.query, "rows": question.rows}
        print(f"difference {self.differences} (--seed {self.seed} --now {self.now_s}, "
              f"query {self.asked}):")
        print(f"  query:    {json.dumps(body, ensure_ascii=False)}")
        for problem in outcome.problems[:3]:
            print(f"  problem:  {trimmed(problem)}")
        print(f"  expected: {trimmed(outcome.expected)}")
        print(f"  actual:   {trimmed(outcome.actual)}")

    def call_hook(self, number: int) -> None:
        """Runs the caller's command; it must return when the server is ready again."""
        if self.between_rounds:
            environment = os.environ | {"TRACKWAY_TEST_ROUND": str(number)}
            subprocess.run(self.between_rounds, shell=True, check=True, env=environment)

    def check_refusals(self) -> None:
        """Wrong queries must be refused in words."""
        dataset = own_datasets(run_token(self.seed, self.now_s))[0]
        for title, query in WRONG_QUERIES.items():
            body = json.dumps({"dataset": dataset, "query": query}).encode()
            self.check_refusal(title, body)
        for title, body in WRONG_BODIES.items():
            self.check_refusal(title, body)

    def check_refusal(self, title: str, body: bytes) -> None:
        """Expects a 4xx status and an error text."""
        status, answer = self.server.post_bytes(QUERY_PATH, body)
        error = answer.get("error") if isinstance(answer, dict) else None
        if not 400 <= status < 500 or not isinstance(error, str) or not error:
            self.differences += 1
            print(f"not refused: {title}: {body.decode()}\n"
                  f"  status {status}, answer {trimmed(answer)}")


def trimmed(value: Any) -> str:
    """A value as text of bounded length."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= SHOWN_CHARACTERS:
        return text
    return f"{text[:SHOWN_CHARACTERS]}... ({len(text)} characters)"


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", help="URL of the server's main port")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--items", type=int, default=4000, help="spans and logs in all")
    parser.add_argument("--between-rounds", metavar="CMD",
                        help="shell command; TRACKWAY_TEST_ROUND holds the round's number")
    parser.add_argument("--now", type=int, help="unix seconds that the data lies before")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if not arguments.self_test and not arguments.server:
        parser.error("--server is needed, except with --self-test")
    return arguments


def main() -> int:
    """Runs what the command line asks for."""
    arguments = parse_arguments()
    if arguments.self_test:
        return self_test.run(arguments.seed)
    differential = Differential(arguments)
    try:
        return differential.run()
    except (ApiError, subprocess.CalledProcessError) as error:
        print(f"differential: after {differential.asked} queries (--seed {differential.seed} "
              f"--now {differential.now_s}): {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
