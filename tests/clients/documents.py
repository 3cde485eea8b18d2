"""The runnable examples of a document, and whether what they print is what it shows.

A block that is fenced as `sh run` is run; one that is fenced as `python run`, `js run` or `go run`
is a program that sends, and is run too. The variables that `sh environment` sets are there for all
that follow. If the next block is fenced as `text output` or `json output`, it is what the example
prints. In both `[..]` stands for anything: within a line of text, or within a text of JSON. In JSON
a member called `...` allows others, and a last item `...` more items; else objects and lists are
shown whole.

A block that is fenced as `rust of PATH` is a part of that file, which something else runs; only how
its lines are broken may differ.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHELL = "sh"
RUNS = {f"{language} run": language for language in (SHELL, "python", "js", "go")}
ENVIRONMENT = "sh environment"
PART = re.compile(r"\w+ of (\S+)")
OUTPUTS = ("text output", "json output")
ANYTHING = "[..]"
MORE = "..."

FENCE = re.compile(r"^ *```(.*)$")


@dataclass(frozen=True)
class Example:
    """One example: where it stands, its text, and its output if that is shown."""

    place: str
    commands: str
    # The fence's words and the text below, where an output is shown.
    output: tuple[str, str] | None
    # What the text is written in.
    language: str = SHELL
    # What sets the variables that are said before it.
    environment: str = ""


def examples_of(path: Path) -> list[Example]:
    """All runnable examples of a document, in their order."""
    blocks = _blocks(path.read_text(encoding="utf-8"))
    found = []
    environment = ""
    for at, (line, words, text) in enumerate(blocks):
        place = f"{path.name}:{line}"
        if words in OUTPUTS and (at == 0 or blocks[at - 1][1] not in RUNS):
            raise ValueError(f"{place}: an output without the example that prints it")
        if words == ENVIRONMENT:
            environment += f"{text}\n"
        if words in RUNS:
            after = blocks[at + 1][1:] if at + 1 < len(blocks) else ("", "")
            output = after if after[0] in OUTPUTS else None
            found.append(Example(place, text, output, RUNS[words], environment))
    return found


def parts_problems(path: Path, root: Path) -> list[str]:
    """Which blocks of a document are not in the files that they say they are a part of."""
    problems = []
    for line, words, text in _blocks(path.read_text(encoding="utf-8")):
        if part := PART.fullmatch(words):
            whole = (root / part[1]).read_text(encoding="utf-8")
            if " ".join(text.split()) not in " ".join(whole.split()):
                problems.append(f"{path.name}:{line}: this is not in {part[1]}")
    return problems


def _blocks(document: str) -> list[tuple[int, str, str]]:
    """All fenced blocks: their line, the words of their fence, their text."""
    blocks: list[tuple[int, str, str]] = []
    lines: list[str] | None = None
    for number, line in enumerate(document.splitlines(), start=1):
        fence = FENCE.match(line)
        if lines is None and fence:
            start, words, lines = number, fence[1].strip(), []
        elif fence:
            blocks.append((start, words, "\n".join(lines)))
            lines = None
        elif lines is not None:
            lines.append(line)
    if lines is not None:
        raise ValueError(f"line {start}: a block that does not end")
    return blocks


def output_problem(example: Example, printed: str) -> str | None:
    """Compares what an example printed with what its document shows."""
    if example.output is None:
        return None
    words, shown = example.output
    if words == "json output":
        try:
            return json_problem("", json.loads(shown), json.loads(printed))
        except json.JSONDecodeError as error:
            return f"no JSON ({error}): {printed[:500]!r}"
    wanted, found = shown.rstrip().splitlines(), printed.rstrip().splitlines()
    for line, (one, other) in enumerate(zip(wanted, found), start=1):
        if not text_matches(one.rstrip(), other.rstrip()):
            return f"line {line}: expected {one!r}, found {other!r}"
    if len(wanted) != len(found):
        return f"expected {len(wanted)} lines, found {len(found)}:\n{printed}"
    return None


def text_matches(wanted: str, found: str) -> bool:
    """Whether a text is as shown."""
    pattern = ".*".join(re.escape(part) for part in wanted.split(ANYTHING))
    return re.fullmatch(pattern, found, re.DOTALL) is not None


def json_problem(path: str, wanted: Any, found: Any) -> str | None:
    """The first difference between two values."""
    if wanted == ANYTHING:
        return None
    if isinstance(wanted, dict) and isinstance(found, dict):
        return _object_problem(path, wanted, found)
    if isinstance(wanted, list) and isinstance(found, list):
        is_open = bool(wanted) and wanted[-1] == MORE
        items = wanted[:-1] if is_open else wanted
        if len(found) < len(items) or (len(found) > len(items) and not is_open):
            return f"{path or 'list'}: expected {len(items)} items, found {len(found)}: {found}"
        problems = (json_problem(f"{path}[{at}]", one, other)
                    for at, (one, other) in enumerate(zip(items, found)))
        return next((problem for problem in problems if problem), None)
    if isinstance(wanted, str) and isinstance(found, str) and text_matches(wanted, found):
        return None
    if type(wanted) is type(found) and wanted == found:
        return None
    return f"{path or 'value'}: expected {wanted!r}, found {found!r}"


def _object_problem(path: str, wanted: dict[str, Any], found: dict[str, Any]) -> str | None:
    names = set(wanted) - {MORE}
    if missing := sorted(names - set(found)):
        return f"{path or 'object'}: lacks {missing}: {found}"
    if MORE not in wanted and (extra := sorted(set(found) - names)):
        return f"{path or 'object'}: also has {extra}"
    problems = (json_problem(f"{path}.{name}", wanted[name], found[name]) for name in names)
    return next((problem for problem in problems if problem), None)
