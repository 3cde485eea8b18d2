"""Shows that the table of compatibility says what is built, no more and no less.

What is built stands in the table of operations of the dialect's own crate, which tidy holds against
its files.
"""

from __future__ import annotations

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CRATE = ROOT / "crates" / "honeycomb" / "src" / "lib.rs"
DOCUMENT = ROOT / "docs" / "compatibility.md"

OPERATION = re.compile(r"\| `((?:GET|POST|PUT|PATCH|DELETE) /[^`]*)` \| ([^|]*)")
NOT_BUILT = "not built"


def operations(path: Path) -> dict[str, str]:
    """The operations of the tables in a file, each with what the next column says."""
    return {name: state.strip()
            for name, state in OPERATION.findall(path.read_text(encoding="utf-8"))}


class Compatibility(unittest.TestCase):
    """The document beside the crate."""

    def test_operations(self) -> None:
        """Guarantees: just the operations that are built are listed, as built or partly so."""
        built = {name for name, state in operations(CRATE).items()
                 if not state.startswith(NOT_BUILT)}
        listed = operations(DOCUMENT)
        self.assertEqual(set(listed), built)
        self.assertLessEqual(set(listed.values()), {"built", "partly"})
