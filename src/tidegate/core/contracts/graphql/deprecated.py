"""What a schema announces to go: `@deprecated`, and the date in its reason.

GraphQL has no field for a date. The reason is read for one as it is written in practice, after a word for
removal: "Use `name`. Removal on 2027-01-31." Without one there is no date.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from graphql import DirectiveNode, Node, StringValueNode

from tidegate.core.contracts.graphql.schema import read
from tidegate.core.contracts.retirement import Retirement
from tidegate.core.contracts.specification import Specification

_DATE: Final = re.compile(r"(?i)(?:remov|sunset|retire)\w*\D{0,40}(\d{4})-(\d\d)-(\d\d)(?!\d)")


def retirements(specification: Specification) -> tuple[Retirement, ...]:
    """Every deprecated field, argument and enum value; none of a schema that cannot be read."""
    schema = read(specification)
    return tuple(
        Retirement(
            part=part,
            path=".".join(part),
            deprecated=True,
            sunset=_sunset(directive),
            place=schema.place(part),
        )
        for part, node in schema.nodes.items()
        for directive in _deprecations(node)
    )


def _deprecations(node: Node) -> Iterator[DirectiveNode]:
    applied: tuple[DirectiveNode, ...] = getattr(node, "directives", None) or ()
    return (directive for directive in applied if directive.name.value == "deprecated")


def _sunset(directive: DirectiveNode) -> date | None:
    values = (argument.value for argument in directive.arguments or ())
    reasons = [value.value for value in values if isinstance(value, StringValueNode)]
    found = _DATE.search(" ".join(reasons))
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
