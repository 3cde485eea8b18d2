"""Attaches a server's catalog in DuckDB, read-only, with extensions from their wheels."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import duckdb

EXTENSIONS = ("sqlite_scanner", "ducklake")

# The name of the catalog in DuckDB.
NAME = "lake"


def extension(name: str) -> Path:
    """The file of an extension, which its wheel has for exactly one version of DuckDB."""
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    if spec is None or spec.origin is None:
        raise RuntimeError(f"there is no wheel of the extension {name}")
    folder = Path(spec.origin).parent / "extensions" / f"v{duckdb.__version__}"
    return folder / f"{name}.duckdb_extension"


def attach(catalog: Path) -> duckdb.DuckDBPyConnection:
    """A new connection to a catalog, as a user makes it."""
    # Nothing is fetched from anywhere, and times need no zone of the machine's.
    config = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    connection = duckdb.connect(config=config)
    for name in EXTENSIONS:
        connection.execute(f"LOAD '{extension(name)}'")
    connection.execute(f"ATTACH 'ducklake:sqlite:{catalog}' AS {NAME} (READ_ONLY)")
    connection.execute(f"USE {NAME}")
    return connection


def one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number that a query gives."""
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0] or 0)
