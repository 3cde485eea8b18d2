"""Requests that the query API must refuse: a 4xx status and an error in words.

A mistake that is answered with plausible numbers is worse than one that is refused. Only what the
specification rules out beyond doubt stands here.
"""

from __future__ import annotations

from typing import Any

WRONG_QUERIES: dict[str, dict[str, Any]] = {
    "unknown calculation": {"calculations": [{"op": "MEDIAN", "column": "duration_ms"}]},
    "calculation without its column": {"calculations": [{"op": "SUM"}]},
    "unknown filter operator": {"filters": [{"column": "name", "op": "~", "value": "x"}]},
    "filter without a column": {"filters": [{"op": "=", "value": "x"}]},
    "unknown filter combination": {
        "filters": [{"column": "name", "op": "exists"}], "filter_combination": "XOR"},
    "three of the two times": {"start_time": 1, "end_time": 9, "time_range": 8},
    "limit over the maximum": {"limit": 1001},
    "order by what is not asked for": {
        "breakdowns": ["name"], "orders": [{"op": "SUM", "column": "duration_ms"}]},
    "having on a heatmap": {
        "havings": [{"calculate_op": "HEATMAP", "column": "duration_ms", "op": ">", "value": 1}]},
    "unknown having operator": {"havings": [{"calculate_op": "COUNT", "op": "in", "value": 1}]},
    "calculations that are no list": {"calculations": "COUNT"},
}

WRONG_BODIES: dict[str, bytes] = {
    "no JSON": b"{",
    "no object": b"[]",
    "no query": b'{"dataset": "x"}',
    "query that is no object": b'{"dataset": "x", "query": 5}',
}
