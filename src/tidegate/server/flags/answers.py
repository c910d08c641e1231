"""Answers of OFREP for one generation of flags.

A flag that is served without error is answered by its variant and reason alone, so those answers are written once.
Source: open-feature/protocol, service/openapi.yaml.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tidegate.core.flags.definitions import Json
from tidegate.core.flags.evaluation import Context, ErrorCode, Evaluation, Reason
from tidegate.core.flags.evaluator import Evaluator
from tidegate.core.ids import FlagKey

OK: Final = 200
BAD: Final = 400
NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered about one flag: a JSON object, and the variant that it tells."""

    status: int
    body: bytes
    variant: str | None


class Answers:
    """Evaluates and writes down."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._written: dict[tuple[FlagKey, str | None, Reason], Answer] = {}

    def one(self, key: FlagKey, context: Context, now: float) -> Answer:
        """The answer about one flag."""
        found = self._evaluator.evaluate(key, context, now)
        if found.error is not None:
            return _failure(key, found.error, found.message)
        name = (key, found.variant, found.reason)
        answer = self._written.get(name)
        if answer is None:
            answer = self._written[name] = _success(key, found)
        return answer

    def all(self, context: Context, now: float) -> Iterable[bytes]:
        """What is answered about every flag."""
        return (self.one(key, context, now).body for key in self._evaluator.keys)


def _success(key: FlagKey, found: Evaluation) -> Answer:
    """Without a value whoever asks takes a default of their own; providers read a variant even then."""
    told: dict[str, Json] = {"key": key, "reason": found.reason, "variant": found.variant or ""}
    if found.value is not None:
        told["value"] = found.value
    return Answer(status=OK, body=written({**told, "metadata": found.metadata}), variant=found.variant)


def _failure(key: FlagKey, code: ErrorCode, message: str) -> Answer:
    status = NOT_FOUND if code is ErrorCode.FLAG_NOT_FOUND else BAD
    told = {"key": key, "errorCode": code, "errorDetails": message}
    return Answer(status=status, body=written(told), variant=None)


def written(value: Json) -> bytes:
    """As JSON, in few bytes."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
