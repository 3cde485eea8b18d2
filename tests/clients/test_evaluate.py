"""The evaluator against answers worked out by hand.

The differential test trusts the evaluator, so each rule it implements is pinned here on data small
enough to check with a pencil.
"""

from __future__ import annotations

import unittest
from typing import Any

from evaluator.evaluate import evaluate, render
from evaluator.raw_rows import matching_rows, ns_of_rfc3339, render_page, rfc3339_ns
from evaluator.translate import Event
from evaluator.values import compare, numeric_reading, text_form

NOW_S = 10_000


def event(time_s: float = 9_000, rate: int = 1, dataset: str = "Shop", **data: Any) -> Event:
    """An event; field names with dots are written with two underscores."""
    return Event(int(time_s * 1_000_000_000), rate, dataset,
                 {name.replace("__", "."): value for name, value in data.items()})


def results(events: list[Event], dataset: str = "shop", **query: Any) -> list[dict[str, Any]]:
    """The rows of a query's results."""
    body = render(evaluate(query, events, dataset, NOW_S))
    return [row["data"] for row in body["data"]["results"]]


def one(events: list[Event], op: str, column: str | None = "v", **query: Any) -> Any:
    """The only cell of a query with one calculation."""
    calculation = {"op": op} | ({"column": column} if column else {})
    rows = results(events, calculations=[calculation], **query)
    assert len(rows) == 1 and len(rows[0]) == 1, rows
    return next(iter(rows[0].values()))


class Values(unittest.TestCase):
    """Kinds, text forms, numbers in text, order."""

    def test_text_form(self) -> None:
        """Guarantees: numbers have exactly one text, whatever their kind."""
        wanted = {5: "5", 5.0: "5", -0.0: "0", 0.1: "0.1", 2.50: "2.5", 1e15: "1" + "0" * 15,
                  1e16: "1e16", 1e21: "1e21", 1.5e-7: "1.5e-7", 1e-5: "0.00001", -9e-6: "-9e-6",
                  123456.789: "123456.789", -0.05: "-0.05", 1.234e22: "1.234e22", 2**53: str(2**53)}
        self.assertEqual({number: text_form(number) for number in wanted}, wanted)
        self.assertEqual([text_form(True), text_form(False), text_form("5.0")],
                         ["true", "false", "5.0"])

    def test_numeric_reading(self) -> None:
        """Guarantees: only plain decimal text is a number, and booleans never are."""
        numbers = {"5": 5, "05": 5, "+7": 7, "-3.0": -3, "1e3": 1000, "2e-1": 0.2}
        for text, number in numbers.items():
            self.assertEqual(numeric_reading(text), number)
        for text in ("", " 5", "5 ", ".5", "5.", "1_000", "0x1F", "nan", "inf", "1e", "５", "-"):
            self.assertIsNone(numeric_reading(text), text)
        self.assertIsNone(numeric_reading(True))

    def test_compare(self) -> None:
        """Guarantees: values of two kinds compare as numbers where both are, else as text."""
        self.assertLess(compare(9, "10"), 0)
        self.assertEqual(compare("5.0", 5), 0)
        self.assertGreater(compare("9", "10"), 0)
        self.assertLess(compare(9, "9x"), 0)
        self.assertEqual(compare(True, "true"), 0)
        self.assertLess(compare(5, True), 0)
        self.assertLess(compare(False, True), 0)
        self.assertLess(compare("\uffff", "\U00010000"), 0)


class Calculations(unittest.TestCase):
    """Weights, percentiles, heatmaps, and calculations over nothing."""

    def test_weights(self) -> None:
        """Guarantees: counts, sums and averages are weighted, MIN, MAX and distinct are not."""
        events = [event(rate=10, v=1), event(rate=1, v=4), event(rate=5), event(rate=2, v="x")]
        self.assertEqual(one(events, "COUNT", None), 18)
        self.assertEqual(one(events, "COUNT"), 13)
        self.assertEqual(one(events, "SUM"), 14)
        self.assertEqual(one(events, "AVG"), 14 / 11)
        self.assertEqual([one(events, "MIN"), one(events, "MAX")], [1, 4])
        self.assertEqual(one(events, "COUNT_DISTINCT"), 3)

    def test_percentiles(self) -> None:
        """Guarantees: nearest rank by weight, a rank that is met exactly included."""
        events = [event(rate=50, v=1), event(rate=49, v=2), event(rate=1, v=3)]
        self.assertEqual(one(events, "P50"), 1)
        self.assertEqual(one(events, "P75"), 2)
        self.assertEqual(one(events, "P99"), 2)
        self.assertEqual(one(events, "P999"), 3)
        self.assertEqual(one(events, "P001"), 1)

    def test_heatmap(self) -> None:
        """Guarantees: four buckets an octave, closed below, mirrored for negatives."""
        events = [event(rate=2, v=value) for value in (1, 1.25, 1.3, 0, -1, -1.25, "8", True)]
        self.assertEqual(one(events, "HEATMAP"), {"buckets": [
            [-1.5, -1.25, 2], [-1.25, -1, 2], [0, 0, 2], [1, 1.25, 2], [1.25, 1.5, 4],
            [8, 10, 2]]})

    def test_nothing_to_calculate(self) -> None:
        """Guarantees: no events give one row of zero and nulls, and no row with breakdowns."""
        asked = [{"op": "COUNT"}, {"op": "SUM", "column": "v"}, {"op": "P50", "column": "v"},
                 {"op": "COUNT_DISTINCT", "column": "v"}, {"op": "HEATMAP", "column": "v"}]
        self.assertEqual(results([], calculations=asked), [{
            "COUNT": 0, "SUM(v)": None, "P50(v)": None, "COUNT_DISTINCT(v)": 0,
            "HEATMAP(v)": {"buckets": []}}])
        self.assertEqual(results([], calculations=asked, breakdowns=["v"]), [])


class Filters(unittest.TestCase):
    """Operators, their opposites, and how they combine."""

    def count(self, *filters: dict[str, Any], combination: str = "AND") -> int:
        """How many of four events pass."""
        events = [event(v=5), event(v="5"), event(v=True), event()]
        return one(events, "COUNT", None, filters=list(filters), filter_combination=combination)

    def test_opposites(self) -> None:
        """Guarantees: a negative operator lets through exactly what its twin does not."""
        for positive, negative, literal in (
                ("=", "!=", 5), ("in", "not-in", ["5"]), ("contains", "does-not-contain", "u"),
                ("starts-with", "does-not-start-with", 5), ("exists", "does-not-exist", None),
                ("ends-with", "does-not-end-with", "e")):
            passed = self.count({"column": "v", "op": positive, "value": literal})
            refused = self.count({"column": "v", "op": negative, "value": literal})
            self.assertEqual(passed + refused, 4, positive)
            self.assertGreater(refused, 0, positive)

    def test_combination(self) -> None:
        """Guarantees: AND needs all filters, OR one."""
        five = {"column": "v", "op": "=", "value": 5}
        present = {"column": "v", "op": "exists"}
        absent = {"column": "v", "op": "does-not-exist"}
        self.assertEqual(self.count(five, present), 2)
        self.assertEqual(self.count(five, absent), 0)
        self.assertEqual(self.count(five, absent, combination="OR"), 3)


class Groups(unittest.TestCase):
    """Breakdowns, order, havings, limit."""

    def test_keys(self) -> None:
        """Guarantees: integers and floats are one kind; mixed kinds group by their text."""
        numbers = [event(v=5), event(v=5.0), event(v=6), event()]
        self.assertEqual([row["v"] for row in results(numbers, breakdowns=["v"])], [5, 6, None])
        mixed = [event(v=5), event(v="5"), event(v=True), event(v="true"), event(v="x")]
        self.assertEqual([(row["v"], row["COUNT"]) for row in results(mixed, breakdowns=["v"])],
                         [("5", 2), ("true", 2), ("x", 1)])

    def test_order(self) -> None:
        """Guarantees: missing cells come last in both directions; the default is descending."""
        events = [event(k="a", v=1), event(k="b", v=3), event(k="c"), event(v=2), event(v=2)]
        def keys(**query: Any) -> list[Any]:
            return [row["k"] for row in results(events, breakdowns=["k"], **query)]
        self.assertEqual(keys(), [None, "a", "b", "c"])
        self.assertEqual(keys(orders=[{"column": "k", "order": "descending"}]),
                         ["c", "b", "a", None])
        asked = [{"op": "HEATMAP", "column": "v"}, {"op": "MAX", "column": "v"}]
        self.assertEqual(keys(calculations=asked), ["b", None, "a", "c"])
        self.assertEqual(keys(calculations=asked, orders=[{"op": "MAX", "column": "v"}]),
                         ["a", None, "b", "c"])

    def test_havings_and_limit(self) -> None:
        """Guarantees: null fails every having, and the limit cuts what the havings leave."""
        events = [event(k="a", v=1), event(k="b", v=3), event(k="c"), event(k="d", v=9)]
        having = {"calculate_op": "MAX", "column": "v", "op": "!=", "value": 1}
        rows = results(events, breakdowns=["k"], havings=[having])
        self.assertEqual([row["k"] for row in rows], ["b", "d"])
        rows = results(events, breakdowns=["k"], havings=[having], limit=1)
        self.assertEqual(rows, [{"k": "b", "COUNT": 1}])


class Times(unittest.TestCase):
    """Ranges, datasets, series, raw rows."""

    def test_ranges(self) -> None:
        """Guarantees: ranges are half-open, and the default is the last two hours."""
        events = [event(time_s) for time_s in (2_799, 2_800, 9_999, 9_999.9, 10_000)]
        def count(**query: int) -> int:
            return one(events, "COUNT", None, **query)
        self.assertEqual(count(), 3)
        self.assertEqual(count(time_range=1), 2)
        self.assertEqual(count(start_time=2_799, end_time=9_999), 2)
        self.assertEqual(count(start_time=2_800, time_range=7_200), 3)
        self.assertEqual(count(start_time=2_799), 2)
        self.assertEqual(count(end_time=10_000, time_range=7_201), 4)

    def test_datasets(self) -> None:
        """Guarantees: names match in any case; __all__ is every dataset."""
        events = [event(), event(dataset="SHOP"), event(dataset="other")]
        self.assertEqual(len(matching_rows({}, events, "sHop", NOW_S)), 2)
        self.assertEqual(len(matching_rows({}, events, "__all__", NOW_S)), 3)

    def test_series(self) -> None:
        """Guarantees: buckets count from the epoch and hold nothing from outside the range."""
        events = [event(9_003), event(9_005, rate=3), event(9_010), event(9_013), event(9_016)]
        query = {"start_time": 9_004, "end_time": 9_016, "granularity": 7}
        series = render(evaluate(query, events, "shop", NOW_S))["data"]["series"]
        # 9,002 is a multiple of 7, and so is 9,009.
        self.assertEqual(series, [{"time": "1970-01-01T02:30:02Z", "data": {"COUNT": 3}},
                                  {"time": "1970-01-01T02:30:09Z", "data": {"COUNT": 2}}])

    def test_rows(self) -> None:
        """Guarantees: rows come newest first and pages join without gap or overlap."""
        rows = matching_rows({}, [event(9_001), event(9_003), event(9_002)], "shop", NOW_S)
        first = render_page(rows, 2, None)
        second = render_page(rows, 2, first["next"])
        times = [row["time"] for row in first["rows"] + second["rows"]]
        self.assertEqual(times, ["1970-01-01T02:30:03.000000000Z", "1970-01-01T02:30:02.000000000Z",
                                 "1970-01-01T02:30:01.000000000Z"])
        self.assertIsNone(second["next"])

    def test_times_in_words(self) -> None:
        """Guarantees: RFC 3339 is read to the nanosecond, with any length of fraction and zone."""
        self.assertEqual(ns_of_rfc3339(rfc3339_ns(1_544_712_660_123_456_789)),
                         1_544_712_660_123_456_789)
        self.assertEqual(ns_of_rfc3339("2018-12-13T14:51:00.5Z"), 1_544_712_660_500_000_000)
        self.assertEqual(ns_of_rfc3339("2018-12-13T15:51:00+01:00"), 1_544_712_660_000_000_000)


if __name__ == "__main__":
    unittest.main()
