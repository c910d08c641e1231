"""A flag asked for as a type: OpenFeature's, of which a number without a fraction is one of two."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

from tidegate.core.flags.definitions import Json
from tidegate.core.flags.evaluation import ErrorCode, Evaluation, Reason


class Kind(StrEnum):
    """What whoever asks expects."""

    BOOLEAN = "boolean"
    STRING = "string"
    INTEGER = "integer"
    FLOAT = "float"
    OBJECT = "object"


def _is_number(value: Json, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


FITS: Final[Mapping[Kind, Callable[[Json], bool]]] = {
    Kind.BOOLEAN: lambda value: isinstance(value, bool),
    Kind.STRING: lambda value: isinstance(value, str),
    Kind.INTEGER: lambda value: _is_number(value, int),
    Kind.FLOAT: lambda value: _is_number(value, (int, float)),
    Kind.OBJECT: lambda value: isinstance(value, (Mapping, list, tuple)),
}


def resolved(evaluation: Evaluation, kind: Kind) -> Evaluation:
    """The evaluation, or that its value is of another type; where there is no variant there is nothing to compare."""
    if evaluation.variant is None or FITS[kind](evaluation.value):
        return evaluation
    message = f"variant '{evaluation.variant}' is not of type {kind}: ask for another type, or mend the flag's variants"
    return replace(
        evaluation,
        reason=Reason.ERROR,
        value=None,
        variant=None,
        error=ErrorCode.TYPE_MISMATCH,
        message=message,
    )
