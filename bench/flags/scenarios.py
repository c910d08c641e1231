"""The evaluator scenarios of flagd-testbed, step by step.

The generation of `fractional` that is no longer is left out; its scenarios are counted and named.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.flags.gherkin import Scenario, Step, read_feature

from tidegate.core.flags.evaluation import Evaluation
from tidegate.core.flags.evaluator import Evaluator
from tidegate.core.flags.typed import Kind, resolved
from tidegate.core.ids import FlagKey
from tidegate.sources.flags import read

OLD = "@fractional-v1"
NOW = 1_800_000_000.0


def main(arguments: Sequence[str]) -> int:
    """Run them; 0 where all pass."""
    parser = argparse.ArgumentParser(prog="python -m bench.flags scenarios", description=__doc__)
    parser.add_argument("--testbed", type=Path, default=Path("../shared/data/flagd-testbed"))
    folder = parser.parse_args(arguments).testbed / "evaluator"
    evaluator = Evaluator(read((folder / "flags" / "testkit-flags.json",)).flags)
    passed, run = Counter[str](), Counter[str]()
    for path in sorted((folder / "gherkin").glob("*.feature")):
        for scenario in read_feature(path):
            name = f"{path.name} {OLD}" if OLD in scenario.tags else path.name
            failure = _failure(evaluator, scenario)
            run[name] += 1
            passed[name] += not failure
            if failure and OLD not in scenario.tags:
                print(f"{path.name}: {scenario.name}: {failure}")
    for name, count in run.items():
        print(f"{name:<44} {passed[name]} of {count}" + (" (an older generation)" if OLD in name else ""))
    present = [name for name in run if OLD not in name]
    print(f"{'together':<44} {sum(passed[name] for name in present)} of {sum(run[name] for name in present)}")
    return int(any(passed[name] < run[name] for name in present))


# -- one scenario ------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Asked:
    """What is asked so far, and the answer."""

    evaluator: Evaluator
    key: str = ""
    kind: Kind = Kind.STRING
    fallback: Any = None
    context: dict[str, Any] = field(default_factory=dict)
    answer: Evaluation | None = None

    @property
    def found(self) -> Evaluation:
        """The answer, once there is one."""
        assert self.answer is not None, "nothing was evaluated"
        return self.answer

    @property
    def value(self) -> Any:
        """What an application is given."""
        return self.fallback if self.found.variant is None else self.found.value


def _failure(evaluator: Evaluator, scenario: Scenario) -> str:
    """The first step that does not hold, or nothing."""
    asked = Asked(evaluator=evaluator)
    for step in scenario.steps:
        found, act = next(
            (match, act) for form, act in STEPS.items() if (match := re.fullmatch(form, step.text, re.DOTALL))
        )
        if (holds := act(asked, step, *found.groups())) is False:
            return f"{step.text}: {asked.found}"
        assert holds in (None, True)
    return ""


def _typed(kind: str, written: str) -> Any:
    return READ[Kind(kind.lower())](written)


READ: dict[Kind, Callable[[str], Any]] = {
    Kind.BOOLEAN: lambda written: {"true": True, "false": False}[written.lower()],
    Kind.STRING: str,
    Kind.INTEGER: int,
    Kind.FLOAT: float,
    Kind.OBJECT: lambda written: json.loads(written.replace('\\"', '"')),
}


def _flag(asked: Asked, _: Step, kind: str, key: str, fallback: str) -> None:
    asked.kind, asked.key, asked.fallback = Kind(kind.lower()), key, _typed(kind, fallback)


def _attribute(asked: Asked, _: Step, key: str, kind: str, value: str) -> None:
    asked.context[key] = _typed(kind, value)


def _nested(asked: Asked, _: Step, outer: str, inner: str, value: str) -> None:
    asked.context[outer] = {inner: value}


def _targeting_key(asked: Asked, _: Step, value: str) -> None:
    asked.context["targetingKey"] = value


def _evaluate(asked: Asked, _: Step) -> None:
    asked.answer = resolved(asked.evaluator.evaluate(FlagKey(asked.key), asked.context, NOW), asked.kind)


def _has_value(asked: Asked, _: Step, value: str) -> bool:
    expected = _typed(asked.kind, value)
    return bool(asked.value == expected) and isinstance(asked.value, bool) is isinstance(expected, bool)


def _has_metadata(asked: Asked, step: Step) -> bool:
    expected = {key: _typed(kind, value) for key, kind, value in step.table[1:]}
    return expected.items() <= asked.found.metadata.items()


STEPS: dict[str, Callable[..., bool | None]] = {
    r"an evaluator": lambda _asked, _step: None,
    r'an? (\w+)-flag with key "(.*)" and a fallback value "(.*)"': _flag,
    r'a context containing a key "(.*)", with type "(.*)" and with value "(.*)"': _attribute,
    r'a context containing a nested property with outer key "(.*)" and inner key "(.*)", with value "(.*)"': _nested,
    r'a context containing a targeting key with value "(.*)"': _targeting_key,
    r"the flag was evaluated with details": _evaluate,
    r'the resolved details value should be "(.*)"': _has_value,
    r'the reason should be "(.*)"': lambda asked, _, reason: asked.found.reason == reason,
    r'the error-code should be "(.*)"': lambda asked, _, code: asked.found.error == code,
    r"the resolved metadata should contain": _has_metadata,
    r"the resolved metadata is empty": lambda asked, _: not asked.found.metadata,
}
"""What each step does; those that expect something say whether it holds."""
