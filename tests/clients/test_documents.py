"""Shows that the runner of documents sees every difference that is not marked as open."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from documents import Example, examples_of, output_problem, parts_problems

DOCUMENT = """Some words.

```sh
never run
```

```sh run
echo one
```
```text output
one
```

```sh run
echo two
```
"""


def written(text: str) -> list[Example]:
    """The examples of a document with this text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.md"
        path.write_text(text, encoding="utf-8")
        return examples_of(path)


def problem(kind: str, shown: str, printed: str) -> str | None:
    """What is said of an example that shows one thing and prints another."""
    return output_problem(Example("page.md:1", "true", (f"{kind} output", shown)), printed)


class Documents(unittest.TestCase):
    """Reading examples, and comparing their output."""

    def test_examples(self) -> None:
        """Guarantees: just the marked blocks are run, each with the output that follows it."""
        first, second = written(DOCUMENT)
        self.assertEqual((first.place, first.commands, first.output),
                         ("page.md:7", "echo one", ("text output", "one")))
        self.assertEqual((second.commands, second.output), ("echo two", None))

    def test_programs(self) -> None:
        """Guarantees: programs are run in their language, with the variables said before them."""
        shell, program = written("```sh run\ntrue\n```\n```sh environment\nexport A=1\n```\n"
                                 "```sh environment\nexport B=2\n```\n```js run\nsend();\n```\n")
        self.assertEqual((shell.language, shell.environment), ("sh", ""))
        self.assertEqual((program.language, program.commands), ("js", "send();"))
        self.assertEqual(program.environment, "export A=1\nexport B=2\n")

    def test_parts(self) -> None:
        """Guarantees: what is not in the file that it is said to be a part of is found, however
        lines are broken."""
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            (root / "a.rs").write_text("fn a() {\n    let b =\n        c();\n}\n")
            page = root / "page.md"
            for text, count in (("let b = c();", 0), ("let b = d();", 1)):
                page.write_text(f"```rust of a.rs\n{text}\n```\n")
                self.assertEqual(len(parts_problems(page, root)), count, text)

    def test_mistakes(self) -> None:
        """Guarantees: an output of nothing and a block without an end are errors."""
        for text in ("```text output\none\n```\n", "```sh run\necho\n"):
            with self.subTest(text), self.assertRaises(ValueError):
                written(text)

    def test_text(self) -> None:
        """Guarantees: text is compared line by line, but for what is marked as open."""
        self.assertIsNone(problem("text", "took [..] ms\nall", "took 12 ms\nall\n"))
        for printed in ("took 12 s\nall", "took 12 ms", "took 12 ms\nall\nmore", ""):
            with self.subTest(printed):
                self.assertIsNotNone(problem("text", "took [..] ms\nall", printed))

    def test_json(self) -> None:
        """Guarantees: JSON is compared by value, type, member and item, but for what is open."""
        shown = '{"a": 1, "b": [true, "x [..]"], "c": "[..]"}'
        self.assertIsNone(problem("json", shown, '{"c": {}, "b": [true, "x 9"], "a": 1}'))
        for printed in ('{"a": 2, "b": [true, "x 9"], "c": 1}',
                        '{"a": true, "b": [true, "x 9"], "c": 1}',
                        '{"a": 1, "b": [true], "c": 1}', '{"a": 1, "b": [true, "y"], "c": 1}',
                        '{"a": 1, "b": [true, "x 9", 2], "c": 1}', '{"a": 1, "b": [true, "x 9"]}',
                        '{"a": 1, "b": [true, "x 9"], "c": 1, "d": 2}', "[]", "a"):
            with self.subTest(printed):
                self.assertIsNotNone(problem("json", shown, printed))
        self.assertIsNone(problem("json", '{"...": 0, "a": [1, "..."]}', '{"b": 2, "a": [1, 2]}'))
        self.assertIsNotNone(problem("json", '{"...": 0, "a": [1, "..."]}', '{"b": 2, "a": []}'))
