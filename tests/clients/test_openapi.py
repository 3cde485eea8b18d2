"""Tests of the check against the description: what is right passes, what is planted is found."""

from __future__ import annotations

import json
import unittest
from typing import Any

from openapi.description import Description
from openapi_check import DESCRIPTION, NOT_BUILT, built, check

DATASET = {"name": "a", "slug": "a", "last_written_at": None, "regular_columns_count": 3}


def exchange(**changes: Any) -> dict[str, Any]:
    """A good exchange with changes."""
    good = {"method": "POST", "path": "/1/datasets", "request": json.dumps({"name": "a"}),
            "status": 201, "content_type": "application/json", "answer": json.dumps(DATASET)}
    return good | changes


class Checks(unittest.TestCase):
    """The check of exchanges."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.description = Description.read(DESCRIPTION)

    def complaints(self, **changes: Any) -> list[str]:
        """What is said of an exchange."""
        return check(self.description, [exchange(**changes)])[0]

    def test_right(self) -> None:
        """Guarantees: what is as described passes, and so do failures in the usual shapes."""
        self.assertEqual(self.complaints(), [])
        problem = {"status": 422, "type": "t", "title": "t", "error": "e"}
        failed = {"status": 422, "content_type": "application/problem+json"}
        self.assertEqual(self.complaints(answer=json.dumps(problem), **failed), [])
        self.assertEqual(self.complaints(status=413, answer=json.dumps(problem)), [])
        self.assertEqual(self.complaints(status=404, answer=f'"{NOT_BUILT}"'), [])
        self.assertEqual(self.complaints(method="PATCH", answer="?"), [])
        self.assertEqual(self.complaints(method="DELETE", path="/1/datasets/a", status=202,
                                         request=None, content_type=None, answer=""), [])

    def test_planted(self) -> None:
        """Guarantees: a wrong type, a missing member, another content type, a status that is not
        described, a problem without its members and a request of another form are found."""
        planted = [
            {"answer": json.dumps(DATASET | {"slug": 3})},
            {"answer": json.dumps({"slug": "a"})},
            {"answer": "not JSON"},
            {"content_type": "text/plain"},
            {"status": 204},
            {"status": 422, "content_type": "application/problem+json", "answer": "{}"},
            {"status": 404, "content_type": "text/plain", "answer": "?"},
            {"request": json.dumps({"name": 3})},
            {"request": json.dumps({"name": "a", "expand_json_depth": 11})},
        ]
        for changes in planted:
            self.assertEqual(len(self.complaints(**changes)), 1, changes)

    def test_null(self) -> None:
        """Guarantees: null is found where a result has it, which clients refuse."""
        result = {"id": "a", "complete": True, "data": {"results": [{"data": {"COUNT": None}}]}}
        found = self.complaints(method="GET", path="/1/query_results/a/b", status=200,
                                request=None, answer=json.dumps(result))
        self.assertEqual(len(found), 1)

    def test_operations(self) -> None:
        """Guarantees: all of the description's operations are found by their paths, words going
        before parameters, and the table names some that are built."""
        self.assertEqual(len(self.description.operations), 89)
        found = self.description.find("GET", "/1/columns/a?key_name=b")
        self.assertEqual(found and found.name, "listColumns")
        self.assertIsNone(self.description.find("GET", "/1/pancakes"))
        self.assertIn("POST /1/datasets", built())
        self.assertNotIn("POST /1/boards", built())


if __name__ == "__main__":
    unittest.main()
