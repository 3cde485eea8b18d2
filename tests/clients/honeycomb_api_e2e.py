"""End to end with the PyPI package honeycomb-api: every operation that is built.

The client checks each answer against models made from Honeycomb's own OpenAPI file and turns errors
into exceptions by their status; the checks here hold what it gives against what was sent. They
build on each other in the order in which they stand: events first, then what is asked of them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from honeycomb import HoneycombClient
from honeycomb.exceptions import (
    HoneycombAPIError, HoneycombNotFoundError, HoneycombValidationError)
from honeycomb.models.columns import ColumnCreate, ColumnType
from honeycomb.models.datasets import DatasetCreate, DatasetUpdate
from honeycomb.models.events import BatchEvent
from honeycomb.models.queries import QuerySpec

from evaluator.evaluate import evaluate, render
from events.workload import PlainEvent, make_events
from otlp.telemetry_checks import NS_PER_S, row_problems
from server_api import ApiError, ServerApi

DATASET = "api-client"
NAME = "Made by a client!"
SLUG = "made-by-a-client-"

ACCEPTED = 202
EMPTY = "Request body should not be empty."


class Wrong(Exception):
    """What a check found."""


def expect(title: str, wanted: Any, found: Any) -> None:
    """Ends the check where two values differ."""
    if wanted != found:
        raise Wrong(f"{title}: expected {wanted!r}, found {found!r}")


def refusal(kind: type[HoneycombAPIError], call: Callable[[], Any]) -> HoneycombAPIError:
    """The exception that a call has to end in."""
    try:
        answer = call()
    except kind as error:
        return error
    except HoneycombAPIError as error:
        raise Wrong(f"expected {kind.__name__}, found {error!r}") from error
    raise Wrong(f"expected {kind.__name__}, found the answer {answer!r}")


class Checks:
    """One run against one server."""

    def __init__(self, url: str, seed: int) -> None:
        self.server = ServerApi(url)
        self.client = HoneycombClient(api_key="unused-on-loopback", base_url=url, sync=True)
        now_ms = int(time.time() * 1000)
        # The client writes whole seconds into the header of a single event.
        self.single = PlainEvent(now_ms // 1000 * 1000, 3, {"place": -1, "name": "single"})
        self.events = [flat(event) for event in make_events(seed, now_ms) if event.is_acceptable]
        self.kept = [event.shown(DATASET) for event in (self.single, *self.events)]
        times = [event.time_ns for event in self.kept]
        # The client always sends a range; beside a start and an end it would be one too many.
        start_s = min(times) // NS_PER_S
        self.window = {"start_time": start_s, "time_range": max(times) // NS_PER_S + 1 - start_s}

    def check_auth(self) -> None:
        """Guarantees: the key's team, environment and permissions are there for the asking."""
        auth = self.client.auth.get()
        if not auth.id or not auth.team.slug or auth.environment.slug != "default":
            raise Wrong(f"found {auth!r}")
        expect("send events", True, auth.api_key_access.events)

    def check_single_event(self) -> None:
        """Guarantees: an event alone is taken with the time and the rate of its headers."""
        self.client.events.send(DATASET, self.single.data,
                                timestamp=self.single.time_ms // 1000,
                                samplerate=self.single.samplerate)

    def check_batch(self) -> None:
        """Guarantees: each event of a batch gets its own status, and a bad one keeps no other."""
        batch = [BatchEvent(data=event.data, samplerate=event.samplerate,
                            time=event.time.isoformat()) for event in self.events]
        # The client itself keeps back all that is wrong but this.
        batch.insert(1, BatchEvent.model_construct(data={}))
        outcomes = self.client.events.send_batch(DATASET, batch)
        refused = outcomes.pop(1)
        expect("without data", (400, EMPTY), (refused.status, refused.error))
        expect("statuses", [ACCEPTED] * len(self.events), [one.status for one in outcomes])
        if problems := row_problems(self.server.query, DATASET, self.kept):
            raise Wrong("; ".join(problems))

    def check_dataset_of_events(self) -> None:
        """Guarantees: events make their dataset, and it is listed and found by its slug."""
        expect("listed", True, DATASET in [item.slug for item in self.client.datasets.list()])
        found = self.client.datasets.get(DATASET)
        expect("name and slug", (DATASET, DATASET), (found.name, found.slug))
        if not found.last_written_at or not found.created_at:
            raise Wrong(f"a dataset that was written to has no times: {found!r}")

    def check_dataset_life(self) -> None:
        """Guarantees: a dataset is made, described, protected from deletion, and deleted."""
        datasets = self.client.datasets
        made = datasets.create(DatasetCreate(name=NAME, description="first"))
        expect("made", (NAME, SLUG, "first"), (made.name, made.slug, made.description))
        expect("protected at first", True, made.settings.delete_protected)
        expect("made twice", SLUG, datasets.create(DatasetCreate(name=NAME)).slug)
        changed = datasets.update(SLUG, DatasetUpdate(description="second", expand_json_depth=2))
        expect("changed", ("second", 2), (changed.description, changed.expand_json_depth))
        error = refusal(HoneycombAPIError, lambda: datasets.delete(SLUG))
        expect("status of a protected dataset", 409, error.status_code)
        datasets.set_delete_protected(SLUG, protected=False)
        datasets.delete(SLUG)
        refusal(HoneycombNotFoundError, lambda: datasets.get(SLUG))

    def check_columns_of_events(self) -> None:
        """Guarantees: every field that an event had is a column, of the type of its values."""
        types = {column.key_name: column.type for column in self.client.columns.list(DATASET)}
        wanted = {name for event in self.kept for name in event.data}
        expect("missing columns", set(), wanted - set(types))
        # The client's model makes a float of every number.
        expect("types", ("string", "boolean", "float"),
               tuple(types[name].value for name in ("text", "flag", "fraction")))

    def check_column_life(self) -> None:
        """Guarantees: a column is made before any event has it, described, hidden and deleted."""
        columns = self.client.columns
        made = columns.create(DATASET, ColumnCreate(key_name="made.first", type=ColumnType.float,
                                                    description="first"))
        expect("made", ("made.first", "float", "first"),
               (made.key_name, made.type.value, made.description))
        changed = columns.update(DATASET, made.id, ColumnCreate(
            key_name="made.first", type=ColumnType.float, description="second", hidden=True))
        expect("changed", ("second", True), (changed.description, changed.hidden))
        expect("found again", "second", columns.get(DATASET, made.id).description)
        error = refusal(HoneycombAPIError, lambda: columns.create(
            DATASET, ColumnCreate(key_name="made.first", type=ColumnType.float)))
        expect("status of a name that is taken", 409, error.status_code)
        columns.delete(DATASET, made.id)
        refusal(HoneycombNotFoundError, lambda: columns.get(DATASET, made.id))

    def check_query(self) -> None:
        """Guarantees: a query is kept word for word and given back under its id."""
        spec = self.spec()
        made = self.client.queries.create(spec, dataset=DATASET)
        found = self.client.queries.get(DATASET, made.id)
        expect("id", made.id, found.id)
        sent = spec.model_dump(mode="json", exclude_none=True)
        # What holds anyway is not repeated, neither here nor by Honeycomb.
        expect("combination", "AND", sent.pop("filter_combination"))
        shown = found.model_dump(mode="json")
        expect("as it was sent", sent, {name: shown.get(name) for name in sent})

    def check_results(self) -> None:
        """Guarantees: polled results are those that a naive evaluator computes."""
        spec = self.spec()
        query, result = self.client.query_results.create_and_run(
            spec, dataset=DATASET, poll_interval=0.1, timeout=60.0)
        body = spec.model_dump(mode="json", exclude_none=True)
        wanted = render(evaluate(body, self.kept, DATASET, time.time()))
        wanted_rows = [row["data"] for row in wanted["data"]["results"]]
        expect("rows", sorted(map(rounded, wanted_rows), key=str),
               sorted(map(rounded, result.data.rows), key=str))
        again = self.client.query_results.create(DATASET, query.id, disable_series=False)
        links = self.client.query_results.get(DATASET, again).links
        if not links.query_url or not links.graph_image_url:
            raise Wrong(f"a result without links: {links!r}")

    def check_results_everywhere(self) -> None:
        """Guarantees: a query of all datasets finds the events of this one."""
        spec = QuerySpec.model_validate(self.window | {
            "calculations": [{"op": "COUNT"}],
            "filters": [{"column": "place", "op": "exists"}]})
        _, result = self.client.query_results.create_and_run(
            spec, dataset="__all__", poll_interval=0.1, timeout=60.0)
        expect("count", sum(event.samplerate for event in self.kept),
               result.data.rows[0]["COUNT"])

    def check_errors(self) -> None:
        """Guarantees: what is missing or wrong is refused in Honeycomb's words and shape."""
        client = self.client
        missing = refusal(HoneycombNotFoundError, lambda: client.datasets.get("never-made"))
        expect("problem", True, missing.response_body["type"].endswith("/problems/not-found"))
        for call in (lambda: client.columns.get(DATASET, "never-made"),
                     lambda: client.queries.get(DATASET, "never-made"),
                     lambda: client.query_results.get(DATASET, "never-made"),
                     lambda: client.columns.list("never-made")):
            refusal(HoneycombNotFoundError, call)
        wrong = QuerySpec.model_validate({"calculations": [{"op": "AVG"}], "time_range": 60})
        invalid = refusal(HoneycombValidationError,
                          lambda: client.queries.create(wrong, dataset=DATASET))
        if not invalid.errors or not {"field", "description"} <= set(invalid.errors[0]):
            raise Wrong(f"a validation error without its fields: {invalid.response_body!r}")

    def spec(self) -> QuerySpec:
        """Counts and averages by name, of the larger half."""
        return QuerySpec.model_validate(self.window | {
            "calculations": [{"op": "COUNT"}, {"op": "AVG", "column": "fraction"},
                             {"op": "MAX", "column": "number"}],
            "breakdowns": ["name"],
            "filters": [{"column": "fraction", "op": ">", "value": 50}]})


def flat(event: PlainEvent) -> PlainEvent:
    """The event without what the client's model of events does not take."""
    data = {name: value for name, value in event.data.items()
            if isinstance(value, str | bool | int | float)}
    return replace(event, data=data)


def rounded(row: dict[str, Any]) -> dict[str, Any]:
    """A sum of fractions depends on the order of adding; nine digits do not."""
    return {name: round(value, 9) if isinstance(value, float) else value
            for name, value in sorted(row.items())}


def main() -> int:
    """Runs all checks, or those that are named; one line for each that fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="URL of the server's main port")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("names", nargs="*", help="checks without their check_; default: all")
    arguments = parser.parse_args()
    checks = Checks(arguments.server, arguments.seed)
    names = arguments.names or [name.removeprefix("check_") for name in vars(Checks)
                                if name.startswith("check_")]
    failures = 0
    for name in names:
        try:
            getattr(checks, f"check_{name}")()
        except (Wrong, ApiError, HoneycombAPIError, ValueError, AttributeError) as error:
            failures += 1
            print(f"honeycomb_api_e2e: {name}: {type(error).__name__}: {str(error)[:2000]}",
                  file=sys.stderr)
    print(f"honeycomb_api_e2e: {len(names)} checks, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
