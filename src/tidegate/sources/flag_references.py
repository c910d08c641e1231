"""Rules that flags share: `{"$ref": name}` in a rule stands for the evaluator of that name.

Each part keeps the line that it was written on, so what is wrong with an evaluator is told where it stands. Evaluators
share their nodes, and sizes are added up on the way, so that a small file cannot unfold into a large rule.
"""

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from tidegate.core.errors import Problem
from tidegate.sources.tree import Limits, Node

REFERENCE: Final = "$ref"
RULE: Final = Limits(values=20_000)
"""How much one rule may hold, once references are followed."""


class References:
    """The evaluators of one file; `problems` are what was found while references to them were followed."""

    def __init__(self, evaluators: Node) -> None:
        self.problems: list[Problem] = []
        self._evaluators = evaluators
        self._done: dict[str, Node] = {}
        self._open: list[str] = []

    def followed(self, node: Node) -> Node:
        """A rule without references, but for those to evaluators that there are not."""
        if node.fields.keys() == {REFERENCE}:
            return self._referred(node.at(REFERENCE), node)
        if node.elements:
            elements = tuple(map(self.followed, node.elements))
            return self._measured(replace(node, value=elements), elements)
        if node.fields:
            fields = {name: self.followed(part) for name, part in node.fields.items()}
            return self._measured(replace(node, value=MappingProxyType(fields)), tuple(fields.values()))
        return node

    def _referred(self, name: Node, node: Node) -> Node:
        if name.text not in self._evaluators.fields:
            return node
        if name.text in self._open:
            cycle = " → ".join((*self._open[self._open.index(name.text) :], name.text))
            return self._nothing(node, f"evaluators refer to each other: {cycle}", "write one of them out")
        if name.text not in self._done:
            self._open.append(name.text)
            self._done[name.text] = self.followed(self._evaluators.at(name.text))
            self._open.pop()
        return self._done[name.text]

    def _measured(self, node: Node, parts: tuple[Node, ...]) -> Node:
        size = 1 + sum(part.size for part in parts)
        depth = 1 + max(part.depth for part in parts)
        if size > RULE.values or depth > RULE.depth:
            limit = f"{RULE.values} values" if size > RULE.values else f"{RULE.depth} levels"
            return self._nothing(node, f"a rule of more than {limit}", "split the flag")
        return replace(node, size=size, depth=depth)

    def _nothing(self, node: Node, message: str, hint: str) -> Node:
        self.problems.append(node.problem(message, hint))
        return Node(file=node.file, line=node.line)
