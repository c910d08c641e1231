r"""Regular expressions from outside, in time that is linear in the text.

Python's `re` backtracks: a pattern of ten characters can keep it busy for years. Here a pattern becomes a small
program that walks over the text once with the set of all its states (Thompson 1968; Cox, "Regular Expression
Matching Can Be Simple And Fast"). Read is what JSON Schema, Java, Ruby and Rust have in common: characters,
classes, groups, alternatives, repetition, `^ $ \A \z \b`. What cannot be run so (look-around, back-references,
flags) or is too large gives no answer instead of a wrong one. `\d`, `\w` and `\s` are ASCII, as in ECMA 262.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MOST_PATTERN: Final = 1_000
MOST_PROGRAM: Final = 2_000
MOST_STEPS: Final = 1_000_000
MOST_NESTED: Final = 20
REPEAT: Final = re.compile(r"\{(\d{1,4})(,?)(\d{0,4})\}")
MARKS: Final = {"*": (0, None), "+": (1, None), "?": (0, 1)}
GROUP: Final = re.compile(r"\((?:\?:|\?P?<[A-Za-z_]\w*>|(?!\?))")
CLASS: Final = re.compile(r"\[(?:[^\]\\]|\\.)*\]", re.DOTALL)
SET_OPERATION: Final = re.compile(r"(?<!\\)\[|&&|--|\|\||~~")
ATOM: Final = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[dDwWsStnrfv]|[^0-9A-Za-z])|[^\\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Take:
    """Goes on where the next character is of the class."""

    holds: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Edge:
    """Goes on where the place between two characters is of the sort."""

    holds: Callable[[str, int], bool]


@dataclass(frozen=True, slots=True)
class Fork:
    """Goes on at each of the distances at once."""

    distances: tuple[int, ...]


Program = tuple[Take | Edge | Fork, ...]


def _word_ends(text: str, at: int) -> bool:
    around = [text[i : i + 1] for i in (at - 1, at) if i >= 0]
    return sum(bool(re.match(r"\w", character, re.ASCII)) for character in around) == 1


EDGES: Final[dict[str, Callable[[str, int], bool]]] = {
    "^": lambda _, at: at == 0,
    "\\A": lambda _, at: at == 0,
    "$": lambda text, at: at == len(text),
    "\\z": lambda text, at: at == len(text),
    "\\Z": lambda text, at: at == len(text),
    "\\b": _word_ends,
    "\\B": lambda text, at: not _word_ends(text, at),
}


def matches(pattern: str, text: str, *, whole: bool = True) -> bool | None:
    """Does the pattern match the text, as a `whole` or anywhere in it? None: cannot be decided here."""
    program = _compiled(pattern)
    if program is None or (len(text) + 1) * (len(program) + 1) > MOST_STEPS:
        return None
    return _run(program, text, whole=whole)


def _run(program: Program, text: str, *, whole: bool) -> bool:
    states: set[int] = set()
    for at in range(len(text) + 1):
        if at == 0 or not whole:
            states.add(0)
        states = _spread(program, states, text, at)
        if len(program) in states and (at == len(text) or not whole):
            return True
        states = _taken(program, states, text[at : at + 1])
    return False


def _spread(program: Program, states: set[int], text: str, at: int) -> set[int]:
    seen: set[int] = set()
    waiting = list(states)
    while waiting:
        state = waiting.pop()
        if state not in seen:
            seen.add(state)
            waiting += _reached(program, state, text, at)
    return seen


def _reached(program: Program, state: int, text: str, at: int) -> list[int]:
    match program[state] if state < len(program) else None:
        case Fork(distances=distances):
            return [state + distance for distance in distances]
        case Edge(holds=holds) if holds(text, at):
            return [state + 1]
        case _:
            return []


def _taken(program: Program, states: set[int], character: str) -> set[int]:
    return {s + 1 for s in states if s < len(program) and _takes(program[s], character)}


def _takes(step: Take | Edge | Fork, character: str) -> bool:
    return isinstance(step, Take) and bool(character and step.holds(character))


class _Unreadable(Exception):  # noqa: N818 - never leaves this module
    """The pattern says something that is not read here, or too much of it."""


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Program | None:
    try:
        return _Reader(pattern).program()
    except (_Unreadable, re.error):
        return None


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        if len(pattern) > MOST_PATTERN:
            raise _Unreadable
        self.pattern = pattern
        self.at = 0
        self.depth = 0

    def program(self) -> Program:
        found = self._alternatives()
        if self.at < len(self.pattern):
            raise _Unreadable
        return found

    def _alternatives(self) -> Program:
        found = self._sequence()
        while self._skips("|"):
            other = self._sequence()
            found = _bounded((Fork((1, len(found) + 2)), *found, Fork((len(other) + 1,)), *other))
        return found

    def _sequence(self) -> Program:
        found: Program = ()
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            found = _bounded(found + self._repeated(self._single()))
        return found

    def _repeated(self, single: Program) -> Program:
        for least, most in self._repeats():
            single = _repetition(single, least, most)
        return single

    def _repeats(self) -> Iterator[tuple[int, int | None]]:
        """At most one, with its lazy or possessive mark: which match is found does not matter here."""
        mark = self.pattern[self.at : self.at + 1]
        found = REPEAT.match(self.pattern, self.at)
        if mark in MARKS:
            self.at += 1
            yield MARKS[mark]
        elif found:
            self.at = found.end()
            least = int(found[1])
            yield least, int(found[3]) if found[3] else None if found[2] else least
        else:
            return
        if self._skips("+"):
            raise _Unreadable
        self._skips("?")

    def _single(self) -> Program:
        if self._matched(GROUP):
            return self._group()
        if edge := next(filter(self._skips, EDGES), None):
            return (Edge(EDGES[edge]),)
        if self._skips("."):
            return (Take(lambda character: character != "\n"),)
        return (Take(re.compile(self._class(), re.ASCII).fullmatch),)

    def _group(self) -> Program:
        self.depth += 1
        if self.depth > MOST_NESTED:
            raise _Unreadable
        found = self._alternatives()
        if not self._skips(")"):
            raise _Unreadable
        self.depth -= 1
        return found

    def _class(self) -> str:
        """What stands for one character. A set within a set means different things in different dialects."""
        found = self._matched(CLASS if self.pattern[self.at] == "[" else ATOM)
        if not found or found in "()*+?" or (found[0] == "[" and SET_OPERATION.search(found, 1)):
            raise _Unreadable
        return found if found[0] in "[\\" else re.escape(found)

    def _matched(self, wanted: re.Pattern[str]) -> str:
        found = wanted.match(self.pattern, self.at)
        self.at = found.end() if found else self.at
        return found[0] if found else ""

    def _skips(self, text: str) -> bool:
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) if found else 0
        return found


def _repetition(single: Program, least: int, most: int | None) -> Program:
    if (most if most is not None else least + 1) * (len(single) + 1) > MOST_PROGRAM:
        raise _Unreadable
    if most is None:
        return single * least + (Fork((1, len(single) + 2)), *single, Fork((-len(single) - 1,)))
    return single * least + (Fork((1, len(single) + 1)), *single) * (most - least)


def _bounded(program: Program) -> Program:
    if len(program) > MOST_PROGRAM:
        raise _Unreadable
    return program
