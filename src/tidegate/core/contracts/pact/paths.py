"""Paths of matching rules: `$.animals[*].name`, `$['a b'][0]`, `$.alligator['@id']`."""

import re
from typing import Final

from tidegate.core.contracts.pact.model import Step, Wild

STEP: Final = re.compile(
    r"""\.(?P<name>[^.\[\]]+)|\[(?P<index>\d{1,9})\]|\[(?P<each>\*)\]|\['(?P<quoted>[^']*)'\]|\["(?P<double>[^"]*)"\]"""
)
NAMED: Final = re.compile(r"(?P<name>.+?)(?:\[(?P<index>\d{1,9}|\*)\])?", re.DOTALL)
MOST_STEPS: Final = 100


def parse(text: str) -> tuple[Step, ...] | None:
    """The steps after `$`, or None where the path cannot be read."""
    steps: list[Step] = []
    at = 1
    while at < len(text):
        found = STEP.match(text, at)
        if not found or len(steps) == MOST_STEPS:
            return None
        steps.append(_step(found))
        at = found.end()
    return tuple(steps) if text.startswith("$") else None


def _step(found: re.Match[str]) -> Step:
    if found["index"]:
        return int(found["index"])
    if found["each"]:
        return Wild.INDEX
    if found["name"]:
        return Wild.NAME if found["name"] == "*" else found["name"]
    return found["quoted"] if found["quoted"] is not None else found["double"]


def named(text: str) -> tuple[Step, ...] | None:
    """The steps of a header or a query parameter: a path, or a plain name such as `Accept` or `id[0]`."""
    if text.startswith("$"):
        return parse(text)
    found = NAMED.fullmatch(text)
    if not found:
        return None
    index = found["index"]
    return (found["name"], *(() if index is None else (Wild.INDEX if index == "*" else int(index),)))


def below(path: str, step: str | int) -> str:
    """A path one step longer, as people write it."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    return f"{path}.{step}" if re.fullmatch(r"[\w#@-]+", step) else f"{path}['{step}']"
