"""Makes a data folder look as large as asked: each segment again, for hours further back.

A server that starts reads the catalog and lists the files; it does not read segments. So hard links
beside the real files are as good as files, and 100 GB are made in seconds and take no room. Their
catalog rows are shifted in time, so that a question about the real hour leaves them out, as it
leaves out other hours; what the files say of themselves stays, and is not to be asked for.

Writes one line of JSON. Afterwards nothing of the folder is left in the page cache.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

NANOS_PER_HOUR = 3_600 * 1_000_000_000
# The stored form of "one hour" among the partitions.
HOUR = 1
# Times of a segment that move with it: columns of nanoseconds, and of text.
NANOS = ("time_min_ns", "time_max_ns", "arrival_min_ns", "arrival_max_ns")
TEXTS = ("time_min_text", "time_max_text")
# Folders below which a partition's own begin: segments, environment, signal.
FOLDERS_ABOVE = 3


def main() -> None:
    """Grows the folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a data folder whose server has stopped")
    parser.add_argument("--bytes", type=int, required=True, help="of segments, at least")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    connection = sqlite3.connect(folder / "catalog.db", isolation_level=None)
    connection.row_factory = sqlite3.Row
    segments, total = _grow(connection, folder, arguments.bytes)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    _forget(folder)
    print(json.dumps({"segments": segments, "bytes": total}))


def _grow(connection: sqlite3.Connection, folder: Path, wanted: int) -> tuple[int, int]:
    """Adds shifted copies of all live segments, an hour further back each round."""
    rows = connection.execute(
        "SELECT * FROM segment WHERE dead_version IS NULL ORDER BY number"
    ).fetchall()
    segments = [dict(row) for row in rows]
    if not segments or any(segment["partition_kind"] != HOUR for segment in segments):
        raise SystemExit("the folder must have segments, all of them of single hours")
    count, total = len(segments), sum(segment["bytes"] for segment in segments)
    hours = 0
    connection.execute("BEGIN")
    while total < wanted:
        hours += 1
        for segment in segments:
            _add(connection, folder, segment, hours)
            count += 1
            total += segment["bytes"]
    connection.execute("COMMIT")
    return count, total


def _add(
    connection: sqlite3.Connection, folder: Path, segment: dict[str, Any], hours: int
) -> None:
    shifted = dict(segment)
    shifted["number"] = None
    shifted["partition_start"] -= hours
    shifted["path"] = _path(segment["path"], segment["number"], shifted["partition_start"])
    for name in NANOS:
        shifted[name] -= hours * NANOS_PER_HOUR
    for name in TEXTS:
        shifted[name] = _text(segment[name], hours)
    names = ", ".join(shifted)
    places = ", ".join("?" for _ in shifted)
    inserted = connection.execute(
        f"INSERT INTO segment ({names}) VALUES ({places})", tuple(shifted.values())
    )
    connection.execute(
        "INSERT INTO segment_dataset (segment, dataset, row_count, time_min_ns, time_max_ns) "
        "SELECT ?, dataset, row_count, time_min_ns - ?, time_max_ns - ? FROM segment_dataset "
        "WHERE segment = ?",
        (inserted.lastrowid, hours * NANOS_PER_HOUR, hours * NANOS_PER_HOUR, segment["number"]),
    )
    (folder / shifted["path"]).parent.mkdir(parents=True, exist_ok=True)
    for ending in (".parquet", ".tix"):
        original = (folder / segment["path"]).with_suffix(ending)
        os.link(original, (folder / shifted["path"]).with_suffix(ending))


def _path(path: str, number: int, hour: int) -> str:
    """A free name in the folder of another hour."""
    above = Path(*Path(path).parts[:FOLDERS_ABOVE])
    time = datetime.fromtimestamp(hour * 3_600, timezone.utc)
    name = f"{number:08x}{hour & 0xffffffff:08x}.parquet"
    return str(above / f"{time:%Y-%m-%d}" / f"{time:%H}" / name)


def _text(time: str, hours: int) -> str:
    """A time of the catalog, `2026-11-20 12:00:00.000000+00`, some hours earlier."""
    moved = datetime.fromisoformat(time) - timedelta(hours=hours)
    return f"{moved:%Y-%m-%d %H:%M:%S.%f}+00"


def _forget(folder: Path) -> None:
    """Drops all files from the page cache, as far as the system lets go of them."""
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


if __name__ == "__main__":
    main()
