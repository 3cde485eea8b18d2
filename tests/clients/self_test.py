"""Shows without a server that the comparison has teeth, and that it does not bite what is right.

The evaluator plays the server. Playing it right, it must agree with itself on every question; using
every freedom that the rules give, it must still pass; and with any one of the planted mistakes it
must be found out.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass

from asking import ask
from evaluator.calculations import PERCENTILES
from evaluator.translate import Event
from mistakes import Mistake, in_calculations, in_evaluation, in_events
from mistakes.allowed import LIBERTIES
from stand_in import StandIn, events_of
from workload.population import Population, describe
from workload.queries import (
    LIST_OPS, OPS_WITH_COLUMN, ORDER_OPS, PRESENCE_OPS, TEXT_OPS, Question, make_question)
from workload.rounds import Request, make_rounds

ITEMS = 1200
QUESTIONS = 600

# Questions go on up to this many while a mistake is not yet noticed; some show only rarely.
QUESTIONS_MAX = 4000

# The moment that stands for now, fixed so that a seed always gives the same data and questions.
NOW_S = 1_795_000_000

# At least this share of the questions has to find something, or they test too little.
SHARE_FOUND_MIN = 0.6

MISTAKES = in_calculations.MISTAKES + in_evaluation.MISTAKES + in_events.MISTAKES


@dataclass(frozen=True)
class Trial:
    """One workload and the questions about it."""

    requests: list[Request]
    events: list[Event]
    population: Population
    questions: list[Question]


def prepare(seed: int) -> Trial:
    """Makes data and questions from the seed."""
    requests = [request for dealt in make_rounds(seed, NOW_S, ITEMS, 1) for request in dealt]
    events = events_of(requests)
    population = describe(events, seed, NOW_S)
    rng = random.Random(f"queries {seed}")
    questions = [make_question(rng, population) for _ in range(QUESTIONS_MAX)]
    return Trial(requests, events, population, questions)


def run(seed: int) -> int:
    """Runs the whole self-test; returns the exit code."""
    trial = prepare(seed)
    complaints = coverage_complaints(trial.questions[:QUESTIONS])
    complaints += agreement_complaints(trial, StandIn(trial.events, NOW_S), "the right answer")
    free = StandIn(trial.events, NOW_S, LIBERTIES)
    complaints += agreement_complaints(trial, free, "an allowed answer")
    for mistake in MISTAKES:
        if asked_until_noticed(trial, mistake) is None:
            complaints.append(f"unnoticed: {mistake.title}")
    for complaint in complaints:
        print(f"self-test (seed {seed}): {complaint}", file=sys.stderr)
    print(f"self-test: {len(MISTAKES)} planted mistakes, {QUESTIONS} questions over "
          f"{len(trial.events)} events (seed {seed}): {len(complaints)} complaints")
    return 1 if complaints else 0


def agreement_complaints(trial: Trial, server: StandIn, title: str) -> list[str]:
    """Asks everything; there must be no problem, and enough must be found."""
    complaints = []
    found = 0
    for question in trial.questions[:QUESTIONS]:
        outcome = ask(question, trial.events, trial.population.kinds, server.post, NOW_S)
        found += outcome.found_something
        if outcome.problems:
            complaints.append(f"{title} is refused: {outcome.problems[0]} for {question}")
    if found < SHARE_FOUND_MIN * QUESTIONS:
        complaints.append(f"only {found} of {QUESTIONS} questions find something")
    return complaints


def asked_until_noticed(trial: Trial, mistake: Mistake) -> int | None:
    """How many questions it takes to notice a mistake; None where it goes unnoticed."""
    server = StandIn(events_of(trial.requests, mistake), NOW_S, mistake)
    for count, question in enumerate(trial.questions, start=1):
        if ask(question, trial.events, trial.population.kinds, server.post, NOW_S).problems:
            return count
    return None


def coverage_complaints(questions: list[Question]) -> list[str]:
    """Names every operator and member of a query that no question uses."""
    queries = [question.query for question in questions]
    used = {item["op"] for query in queries for item in query.get("calculations", [])}
    used |= {item["op"] for query in queries for item in query.get("filters", [])}
    used |= {member for query in queries for member in query}
    wanted = {"COUNT", *OPS_WITH_COLUMN, *PERCENTILES, *ORDER_OPS, *TEXT_OPS, *LIST_OPS,
              *PRESENCE_OPS, "breakdowns", "orders", "havings", "limit", "granularity",
              "filter_combination", "start_time", "end_time", "time_range"}
    return [f"no question uses {name}" for name in sorted(wanted - used)]
