"""Small mistakes to plant in the evaluator, to show that the comparison would notice each.

A test that compares two programs proves nothing unless it is known to fail. Each mistake here is
one that a server could well make; the self-test plays the server with it planted.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from unittest.mock import patch


@dataclass(frozen=True)
class Mistake:
    """What is wrong, in words, and the functions or constants put in the place of right ones."""

    title: str
    replacements: tuple[tuple[ModuleType, str, Any], ...]

    def planted(self) -> ExitStack:
        """A context in which the evaluator makes the mistake."""
        stack = ExitStack()
        for module, name, replacement in self.replacements:
            stack.enter_context(patch.object(module, name, replacement))
        return stack


def mistake(title: str, module: ModuleType, name: str, replacement: Any) -> Mistake:
    """A mistake in one place."""
    return Mistake(title, ((module, name, replacement),))


def around(right: Callable[..., Any], change: Callable[..., Any]) -> Callable[..., Any]:
    """A function that hands the right answer, then the arguments, to `change`."""
    return lambda *arguments: change(right(*arguments), *arguments)
