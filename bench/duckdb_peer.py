"""Answers SQL over a server's Parquet files, one JSON line in, one out, timed.

`cargo xtask bench` keeps this process through a run and asks it what it asks the server. The time
of an answer is that of the query and the fetching of its rows, in here: the pipe is not DuckDB's.
"""

from __future__ import annotations

import json
import sys
import time
from decimal import Decimal
from typing import Any

import duckdb


def main() -> None:
    """Reads the table's description, then questions until the pipe is closed."""
    connection = duckdb.connect()
    for line in sys.stdin:
        message = json.loads(line)
        answering = _asked if "sql" in message else _opened
        try:
            answer = answering(connection, message)
        except duckdb.Error as error:
            answer = {"error": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _opened(connection: duckdb.DuckDBPyConnection, message: dict[str, Any]) -> dict[str, Any]:
    """Makes the table over the files; all that DuckDB can keep in memory about files, it may."""
    connection.execute(f"SET threads = {int(message['threads'])}")
    connection.execute("SET parquet_metadata_cache = true")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET TimeZone = 'UTC'")
    files = message["files"].replace("'", "''")
    connection.execute(
        f"CREATE VIEW {message['table']} AS "
        f"SELECT * FROM read_parquet('{files}', union_by_name = true, hive_partitioning = false)"
    )
    return {}


def _asked(connection: duckdb.DuckDBPyConnection, message: dict[str, Any]) -> dict[str, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    rows = connection.execute(message["sql"]).fetchall()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    plain = [[_plain(value) for value in row] for row in rows]
    return {"ms": wall * 1e3, "cpu_ms": cpu * 1e3, "rows": plain}


def _plain(value: Any) -> Any:
    """A value as JSON has it: ids as the hexadecimal digits that the server gives."""
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, Decimal):
        return float(value)
    return value


if __name__ == "__main__":
    main()
