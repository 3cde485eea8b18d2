"""DuckDB on the catalog of a server that goes on: all that was flushed, at once, and nothing else.

While a sender never stops, what DuckDB finds is compared row by row with the server's own answers:
after the first data, after an attribute that was never there, beyond the columns that a file may
have, after a dataset's deletion. A transaction of DuckDB's is
open meanwhile, which must neither see any of it nor hold the server up. At the end planted mistakes
in the views show that a wrong one would be noticed.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from lakehouse.attach import attach, one
from lakehouse.rows import difference, lake_rows, server_rows
from lakehouse.steady import NAME as STEADY
from lakehouse.steady import Steady, spans
from server_api import ApiError, ServerApi
from workload.rounds import make_rounds

# Spans and log lines of the random part.
ITEMS = 1_500
# What is asked of the server lies in this many seconds around now: the random part goes back days.
AROUND_S = 5 * 86_400
# How long a flush, a compaction or a rewrite may take before the test fails.
PATIENCE_S = 120.0
LOOK_EVERY_S = 0.1
# No acknowledgement may take longer while DuckDB reads. SQLite's own wait, were one of the two to
# stand in the other's way, is 5 s.
SLOWEST_S = 4.0
# Attributes of one span: a hundred more than a file has columns for.
WIDE = 1_100

# The shares of all rows that lie before the times which are asked about: some of these times lie
# within files and not at their ends, however rows are spread over files.
SHARES = [twentieth / 20 for twentieth in range(1, 21)]

# Mistakes that a view may have: in which view, and what stands there instead of what.
PLANTED = (
    ("replaced segments that stay", "ducklake_data_file", '"dead_version" AS "end_snapshot"',
     'CAST(NULL AS BIGINT) AS "end_snapshot"'),
    ("a column under another id", "ducklake_column", 'SELECT "id" AS "column_id"',
     'SELECT CASE "id" WHEN 1000 THEN 1001 WHEN 1001 THEN 1000 ELSE "id" END AS "column_id"'),
    ("a base column under another id", "lake_base", "5 AS \"id\", 'span_id'",
     "6 AS \"id\", 'span_id'"),
    ("a table of another signal", "ducklake_data_file", '"environment" * 16 + "signal"',
     '"environment" * 16 + 3 - "signal"'),
    ("bounds of time that are too low", "ducklake_file_column_stats",
     '"time_max_text" AS "max_value"', '"time_min_text" AS "max_value"'),
)


class Lake:
    """One run against one server."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.server = ServerApi(arguments.server)
        self.otlp = ServerApi(arguments.otlp)
        self.catalog: Path = arguments.data / "catalog.db"
        self.seed: int = arguments.seed
        self.steady = Steady(self.otlp)
        self.sent = 0

    def run(self) -> None:
        """All of it, in order; the first that is wrong is an AssertionError."""
        self.steady.start()
        try:
            self.random_part()
            self.new_attribute()
            self.wide_rows()
            with attach(self.catalog) as reader:
                self.deletion(reader)
            self.retention()
        finally:
            self.steady.stop()
        self.end()
        self.planted_mistakes()

    def random_part(self) -> None:
        """Random spans and log lines are found row by row, each dataset by its name."""
        for request in make_rounds(self.seed, int(time.time()), ITEMS, 1)[0]:
            self.otlp.send(request.path, request.body, compressed=True)
        with attach(self.catalog) as connection:
            for dataset in self.datasets():
                self.wait_for_rows(connection, dataset)
            by_time = "SELECT count(*) FROM spans WHERE time >= now() - INTERVAL 2 HOUR"
            unpruned = "SELECT count(*) FROM spans WHERE epoch_us(time) >= epoch_us(now()) - 7200e6"
            assert one(connection, f"SELECT ({by_time}) - ({unpruned})") <= 0

    def new_attribute(self) -> None:
        """A new name is a column in an open session and in a new one; other rows lack it."""
        with attach(self.catalog) as before:
            found = before.execute("SELECT column_name FROM (DESCRIBE spans)").fetchall()
            assert ("app.new",) not in found, found
            self.send("late", 30, {"app.new": {"intValue": "7"}, "APP.NEW": {"boolValue": True}})
            self.wait_for_rows(before, "late")
            with attach(self.catalog) as after:
                for connection in (before, after):
                    new_columns(connection)
            self.send("late", 5, {"app.new": {"stringValue": "text"}})
            self.wait_for_rows(before, "late")

    def wide_rows(self) -> None:
        """What has no column of its own is in `_rest`, as JSON, and nothing is missing."""
        values = {f"wide.{number:04}": {"intValue": str(number)} for number in range(WIDE)}
        self.send("wide", 3, values | {"wide.float": {"doubleValue": 2.5}})
        with attach(self.catalog) as connection:
            self.wait_for_rows(connection, "wide")
            assert one(connection, "SELECT count(_rest) FROM spans") >= 3

    def deletion(self, reader: duckdb.DuckDBPyConnection) -> None:
        """A deleted dataset goes when it is rewritten; a transaction from before still has it."""
        count = self.count_of("late")
        reader.execute("BEGIN TRANSACTION")
        before = one(reader, count)
        self.server_must("PATCH", "/api/v1/datasets/late", {"delete_protected": False})
        self.server_must("DELETE", "/api/v1/datasets/late")
        with attach(self.catalog) as connection:
            names = connection.execute("SELECT name FROM datasets").fetchall()
            assert ("late",) not in names, names
            self.wait_until("the deleted rows are gone", lambda: one(connection, count) == 0)
        assert before == one(reader, count) == 35, (before, one(reader, count))
        reader.execute("COMMIT")
        assert one(reader, count) == 0

    def retention(self) -> None:
        """How long a dataset is kept is seen at once; what has not expired stays."""
        count = self.count_of("wide")
        self.server_must("PATCH", "/api/v1/datasets/wide", {"retention_seconds": 3600})
        with attach(self.catalog) as connection:
            kept = connection.execute("SELECT retention_s FROM datasets WHERE name = 'wide'")
            assert kept.fetchall() == [(3600,)]
            assert one(connection, count) == 3

    def end(self) -> None:
        """Nothing that was acknowledged is missing, and nobody had to wait."""
        steady = self.steady
        assert steady.problem is None, steady.problem
        assert steady.slowest_s < SLOWEST_S, f"an acknowledgement took {steady.slowest_s:.1f} s"
        with attach(self.catalog) as connection:
            for dataset in self.datasets():
                self.wait_for_rows(connection, dataset)
            assert one(connection, self.count_of(STEADY)) == steady.acknowledged
            versions = one(connection, "SELECT count(*) FROM lake.snapshots()")
        print(f"lake: {steady.requests} requests while DuckDB read, the slowest answered after "
              f"{steady.slowest_s * 1000:.0f} ms; {versions} versions of the catalog")

    def planted_mistakes(self) -> None:
        """Each planted mistake in a copy of the catalog is noticed, and a true copy passes."""
        assert not self.problems_of_copy(None), "a true copy differs"
        for title, view, right, wrong in PLANTED:
            problems = self.problems_of_copy((view, right, wrong))
            assert problems, f"not noticed: {title}"
            print(f"lake: noticed: {title}")

    def problems_of_copy(self, mistake: tuple[str, str, str] | None) -> list[str]:
        """What differs where a view of the catalog is changed."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "catalog.db"
            with sqlite3.connect(self.catalog) as original, sqlite3.connect(path) as copy:
                original.backup(copy)
                replace_again(copy)
            if mistake:
                change_view(path, *mistake)
            try:
                with attach(path) as connection:
                    return self.all_problems(connection)
            except duckdb.Error as error:
                return [str(error)]

    def all_problems(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        """Datasets of every kind row by row, and what is left out by time against what is not."""
        problems = []
        for dataset in (STEADY, "wide", self.datasets()[1]):
            problems += self.row_problems(connection, dataset)
        query = "SELECT count(*) FROM spans WHERE {} >= {}"
        moments = f"SELECT unnest(quantile_disc(epoch_us(time), {SHARES})) FROM spans"
        for (moment,) in connection.execute(moments).fetchall():
            pruned = one(connection, query.format("time", f"make_timestamptz({moment})"))
            if pruned != one(connection, query.format("epoch_us(time)", moment)):
                problems.append(f"rows are left out by a time of {moment} us that should not be")
        return problems

    def row_problems(self, connection: duckdb.DuckDBPyConnection, dataset: str) -> list[str]:
        """How the rows of a dataset differ from the server's."""
        now_s = int(time.time())
        wanted = server_rows(self.server, dataset, now_s - AROUND_S, now_s + AROUND_S)
        return difference(wanted, lake_rows(connection, dataset))

    def wait_for_rows(self, connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
        """Waits until all rows of a dataset are flushed, and the same as the server's."""
        if dataset == STEADY and self.steady.is_alive():
            return
        problems: list[str] = []

        def same() -> bool:
            problems[:] = self.row_problems(connection, dataset)
            return not problems

        self.wait_until(f"{dataset} is the same on both sides", same, problems)

    def wait_until(
        self, what: str, holds: Callable[[], bool], problems: list[str] | None = None
    ) -> None:
        """Asks until something holds."""
        end_s = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > end_s:
                raise AssertionError("\n".join([f"never: {what}", *(problems or [])]))
            time.sleep(LOOK_EVERY_S)  # waits for the server's flush or rewrite

    def send(self, service: str, count: int, attributes: dict[str, Any]) -> None:
        """Sends spans of now."""
        body = spans(service, count, attributes, time.time_ns())
        self.otlp.send("/v1/traces", body, compressed=False)

    def datasets(self) -> list[str]:
        """The names of all datasets."""
        status, answer = self.server.get("/api/v1/datasets")
        if status != 200:
            raise ApiError(f"GET /api/v1/datasets: status {status}")
        return [dataset["name"] for dataset in answer["datasets"]]

    def count_of(self, dataset: str) -> str:
        """A query that counts a dataset's rows by its id, which stays when its name is gone."""
        with attach(self.catalog) as connection:
            number = one(connection, f"SELECT id FROM datasets WHERE name = '{dataset}'")
        return f"SELECT count(*) FROM spans WHERE dataset = {number}"

    def server_must(self, method: str, path: str, body: Any = None) -> None:
        """A request that has to succeed."""
        status, answer = self.server.change(method, path, body)
        assert status == 200, f"{method} {path}: status {status}, {answer!r}"


def new_columns(connection: duckdb.DuckDBPyConnection) -> None:
    """Two new names that differ in case alone are two columns, and rows before have neither."""
    columns = connection.execute(
        "SELECT column_name FROM (DESCRIBE spans) WHERE column_name LIKE 'APP.NEW#%'").fetchall()
    assert len(columns) == 1, columns
    other = columns[0][0]
    assert one(connection, f'SELECT sum("app.new") FROM spans WHERE "{other}"') == 7 * 30
    steady = f"(SELECT id FROM datasets WHERE name = '{STEADY}')"
    assert one(connection, f'SELECT count("app.new") FROM spans WHERE dataset IN {steady}') == 0


def replace_again(catalog: sqlite3.Connection) -> None:
    """Adds a segment that was replaced, but whose file is there: no right view shows its rows."""
    cursor = catalog.execute("SELECT * FROM segment WHERE dead_version IS NULL")
    names = [column[0] for column in cursor.description]
    row = dict(zip(names, cursor.fetchone()))
    row |= {"number": row["number"] + 1_000_000, "dead_version": row["born_version"]}
    catalog.execute(f"INSERT INTO segment VALUES ({', '.join('?' * len(row))})", list(row.values()))


def change_view(path: Path, view: str, right: str, wrong: str) -> None:
    """Puts a mistake into a view of a catalog."""
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", [view])
        text = found.fetchone()[0]
        assert right in text, f"{view} has no {right}"
        connection.execute(f"DROP VIEW {view}")
        connection.execute(text.replace(right, wrong))


def main() -> int:
    """Runs against the server of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="URL of the server's main port")
    parser.add_argument("--otlp", required=True, help="URL of its OTLP port")
    parser.add_argument("--data", required=True, type=Path, help="its data folder")
    parser.add_argument("--seed", type=int, default=1)
    try:
        Lake(parser.parse_args()).run()
    except (AssertionError, ApiError, duckdb.Error) as error:
        print(f"lake: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
