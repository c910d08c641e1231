"""Evaluation in process, as OpenFeature asks for it: by the newest good set, without a call to anybody."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import time
from typing import Any, Final, TypeVar, cast

from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType, Reason
from openfeature.provider import AbstractProvider, Metadata

from tidegate.core.flags.changes import changes
from tidegate.core.flags.definitions import FlagSet, Json
from tidegate.core.flags.evaluation import Context, Evaluation
from tidegate.core.flags.evaluator import Evaluator
from tidegate.core.flags.typed import Kind, resolved

NOBODY: Final[Mapping[str, Json]] = {}

ObjectValue = Sequence[FlagValueType] | Mapping[str, FlagValueType]
Evaluate = Callable[[str, Context, float], Evaluation]
T = TypeVar("T")


class EvaluatingProvider(AbstractProvider):
    """Evaluates the set that it was last given to serve."""

    def __init__(self) -> None:
        super().__init__()
        self._flags = FlagSet()
        self._evaluate: Evaluate | None = None

    @property
    def ready(self) -> bool:
        """Whether there is a set to go by."""
        return self._evaluate is not None

    def serve(self, flags: FlagSet) -> list[str]:
        """Go by this set from now on; which flags are not as they were."""
        changed = sorted(changes(self._flags, flags))
        self._flags, self._evaluate = flags, cast("Evaluate", Evaluator(flags).evaluate)
        return list(changed)

    def get_metadata(self) -> Metadata:
        """What this provider calls itself in telemetry."""
        return Metadata(name="tidegate")

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        """The flag, if it is boolean."""
        return self._resolved(flag_key, default_value, evaluation_context, Kind.BOOLEAN)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """The flag, if it is text."""
        return self._resolved(flag_key, default_value, evaluation_context, Kind.STRING)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """The flag, if it is a whole number."""
        return self._resolved(flag_key, default_value, evaluation_context, Kind.INTEGER)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """The flag, if it is a number."""
        return self._resolved(flag_key, default_value, evaluation_context, Kind.FLOAT)

    def resolve_object_details(
        self, flag_key: str, default_value: ObjectValue, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[ObjectValue]:
        """The flag, if it is an object or a list."""
        return self._resolved(flag_key, default_value, evaluation_context, Kind.OBJECT)

    def _resolved(
        self, key: str, default: T, context: EvaluationContext | None, kind: Kind
    ) -> FlagResolutionDetails[T]:
        """Every evaluation of an application passes here: no call that can be spared."""
        if self._evaluate is None:
            return _failed(default, ErrorCode.PROVIDER_NOT_READY, "no flags have come yet")
        found = resolved(self._evaluate(key, _plain(context), time()), kind)
        if found.error is not None:
            return _failed(default, ErrorCode(found.error.value), found.message)
        value: Any = default if found.variant is None else found.value
        return FlagResolutionDetails(value, None, None, found.reason, found.variant, found.metadata)


def _failed(default: T, code: ErrorCode, message: str) -> FlagResolutionDetails[T]:
    return FlagResolutionDetails(value=default, reason=Reason.ERROR, error_code=code, error_message=message)


def _plain(context: EvaluationContext | None) -> Mapping[str, Json]:
    """The context as JSON has it; of moments, which it has not, as text."""
    if context is None:
        return NOBODY
    given = context.attributes
    if datetime in map(type, given.values()):
        given = {key: each.isoformat() if isinstance(each, datetime) else each for key, each in given.items()}
    if context.targeting_key is not None:
        given = {**given, "targetingKey": context.targeting_key}
    return cast("Mapping[str, Json]", given)
