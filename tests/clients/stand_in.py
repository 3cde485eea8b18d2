"""The evaluator playing the server: right, with a mistake, or with every liberty it may take."""

from __future__ import annotations

import json
import math
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from evaluator import raw_rows
from evaluator.evaluate import NS_PER_S, evaluate, render, time_range_ns
from evaluator.translate import Event, translate
from mistakes import Mistake
from workload.rounds import Request

# Into about so many buckets a range is cut where the query leaves the width open.
BUCKETS_AUTOMATIC = 60


def events_of(requests: list[Request], mistake: Mistake | None = None) -> list[Event]:
    """The events of all requests, as the server would store them."""
    with mistake.planted() if mistake else nullcontext():
        return [event for request in requests for event in translate(request.body)]


@dataclass
class StandIn:
    """Answers the query API from events in memory."""

    events: list[Event]
    now_s: float
    mistake: Mistake | None = None

    def post(self, body: dict[str, Any]) -> tuple[int, Any]:
        """One query request, through JSON and back as on the wire."""
        with self.mistake.planted() if self.mistake else nullcontext():
            answer = self._rows(body) if body.get("rows") else self._results(body)
        return 200, json.loads(json.dumps(answer))

    def _rows(self, body: dict[str, Any]) -> dict[str, Any]:
        query = body["query"]
        rows = raw_rows.matching_rows(query, self.events, body["dataset"], self.now_s)
        page_rows = query.get("limit", raw_rows.PAGE_ROWS_DEFAULT)
        return raw_rows.render_page(rows, page_rows, body.get("next"))

    def _results(self, body: dict[str, Any]) -> dict[str, Any]:
        query = dict(body["query"])
        if not query.get("granularity"):
            start_ns, end_ns = time_range_ns(query, self.now_s)
            width_s = (end_ns - start_ns) / NS_PER_S / BUCKETS_AUTOMATIC
            query["granularity"] = max(math.ceil(width_s), 1)
        return render(evaluate(query, self.events, body["dataset"], self.now_s))
