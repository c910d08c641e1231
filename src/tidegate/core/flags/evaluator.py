"""What flags are for somebody: each is compiled once, and asked as often as one likes.

Whatever is asked, whoever asks gets an answer: what cannot be evaluated is an `Evaluation` with an error and without
a variant, as flagd answers, for which they fall back to a default of their own.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from tidegate.core.flags.definitions import Flag, FlagSet, Metadata
from tidegate.core.flags.evaluation import Context, ErrorCode, Evaluation, Reason
from tidegate.core.flags.logic.compiling import UnknownOperator, compiled
from tidegate.core.flags.logic.constants import Logic
from tidegate.core.flags.logic.limits import Exceeded
from tidegate.core.ids import FlagKey

Answer = Callable[[Context, float], Evaluation]

LONGEST: Final = 80
"""Characters of what a context holds that a message repeats."""


class Evaluator:
    """The flags of one set."""

    def __init__(self, flag_set: FlagSet) -> None:
        self.keys: Final = tuple(flag_set.flags)
        self._answers = {
            key: _answer(flag, {**flag_set.metadata, **flag.metadata}) for key, flag in flag_set.flags.items()
        }

    def evaluate(self, key: FlagKey, context: Context, now: float) -> Evaluation:
        """What a flag is for a context; `now` is in seconds since 1970."""
        answer = self._answers.get(key)
        return answer(context, now) if answer else _not_found(key)


def _not_found(key: FlagKey) -> Evaluation:
    message = f"no flag {_quoted(key)}"
    return Evaluation(reason=Reason.ERROR, error=ErrorCode.FLAG_NOT_FOUND, message=message)


def _answer(flag: Flag, metadata: Metadata) -> Answer:
    if not flag.enabled:
        return _always(Evaluation(reason=Reason.DISABLED, metadata=metadata))
    if not flag.targeting:
        return _always(_default(flag, metadata, Reason.STATIC))
    try:
        return _targeted(flag, metadata, compiled(flag.targeting))
    except Exceeded as error:
        return _always(_failure(metadata, ErrorCode.PARSE_ERROR, f"{flag.key}: {error}"))


def _always(evaluation: Evaluation) -> Answer:
    return lambda _context, _now: evaluation


def _default(flag: Flag, metadata: Metadata, reason: Reason) -> Evaluation:
    """The default variant; without one it is for whoever asks to say."""
    if flag.default is None:
        return Evaluation(reason=Reason.DEFAULT, metadata=metadata)
    if flag.default not in flag.variants:
        return _no_variant(flag, metadata, flag.default)
    value = flag.variants[flag.default]
    return Evaluation(reason=reason, value=value, variant=flag.default, metadata=metadata)


def _failure(metadata: Metadata, code: ErrorCode, message: str) -> Evaluation:
    return Evaluation(reason=Reason.ERROR, error=code, message=message, metadata=metadata)


def _no_variant(flag: Flag, metadata: Metadata, name: str) -> Evaluation:
    return _failure(metadata, ErrorCode.GENERAL, f"{flag.key} has no variant {_quoted(name)}")


# -- targeting ---------------------------------------------------------------------------------------------


def _targeted(flag: Flag, metadata: Metadata, rule: Logic) -> Answer:
    """Every answer that there can be is made beforehand; asking picks one of them."""
    matches = dict(_matches(flag, metadata))
    default = _default(flag, metadata, Reason.DEFAULT)

    def answer(context: Context, now: float) -> Evaluation:
        try:
            chosen = rule({**context, "$flagd": {"flagKey": flag.key, "timestamp": int(now)}})
            if chosen is None:
                return default
            name = chosen if isinstance(chosen, str) else _spelled(chosen)
            return matches.get(name) or _no_variant(flag, metadata, name)
        except Exception as error:  # noqa: BLE001 - a context may hold anything, and whoever asks is answered
            return _failed(flag, metadata, error)

    return answer


def _matches(flag: Flag, metadata: Metadata) -> Mapping[str, Evaluation]:
    """The variants that can be served; one that is null cannot."""
    return {
        name: Evaluation(reason=Reason.TARGETING_MATCH, value=value, variant=name, metadata=metadata)
        for name, value in flag.variants.items()
        if value is not None
    }


def _spelled(chosen: Any) -> str:
    """How a rule's answer that is no text names a variant."""
    if isinstance(chosen, bool):
        return "true" if chosen else "false"
    return str(chosen) if isinstance(chosen, (int, float)) else "a list or an object"


def _failed(flag: Flag, metadata: Metadata, error: Exception) -> Evaluation:
    code = next((code for kind, code in CODES.items() if isinstance(error, kind)), ErrorCode.GENERAL)
    what = f"unknown operator {_quoted(str(error))}" if isinstance(error, UnknownOperator) else _told(error)
    return _failure(metadata, code, f"{flag.key}: {what}")


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:LONGEST]


def _quoted(name: str) -> str:
    return ascii(name if len(name) <= LONGEST else f"{name[:LONGEST]}…")


CODES: Final[Mapping[type[Exception], ErrorCode]] = {
    UnknownOperator: ErrorCode.PARSE_ERROR,
    Exceeded: ErrorCode.INVALID_CONTEXT,
    RecursionError: ErrorCode.INVALID_CONTEXT,
}
"""Which error of the protocol tells of what went wrong; of anything else a general one does."""
