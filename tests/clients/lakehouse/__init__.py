"""The data folder as DuckDB sees it, beside the answers of the server that owns it."""
