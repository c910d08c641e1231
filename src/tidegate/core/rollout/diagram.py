"""The machine as people read it: Mermaid and Markdown drawn from the tables that it runs on.

`redrawn` renews what stands between the markers in a document; docs/architecture.md has the command, and a
test compares that page with what is drawn here.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from tidegate.core.rollout.rules import JOINT
from tidegate.core.rollout.state import ENDED, SETTLED, Phase, StepStatus
from tidegate.core.rollout.tables import ASKS, PHASES, STEPS


def steps_diagram() -> str:
    """How one step moves: a state diagram of `tables.STEPS`. What a status asks of the world stands in it."""
    lines = [f"[*] --> {StepStatus.WAITING}"]
    for status, ask in ASKS.items():
        lines.append(f"{status} : {status} (asks {ask.__name__})")
    for status, moves in STEPS.items():
        lines += _arrows(status, {str(signal): str(target) for signal, target in moves.items()})
    lines += [f"{status} --> [*]" for status in StepStatus if status in SETTLED]
    return _fenced("stateDiagram-v2", lines)


def phases_diagram() -> str:
    """How a rollout moves: what operators ask by `tables.PHASES`, and what faults and the end do."""
    going_on = [phase for phase in Phase if phase not in ENDED]
    lines = [f"[*] --> {Phase.RUNNING}"]
    for phase in going_on:
        lines += _arrows(phase, {str(asked): str(target) for asked, target in PHASES[phase].items()})
    lines += [f"{phase} --> {Phase.UNDOING} : a fault" for phase in going_on if phase is not Phase.UNDOING]
    lines += [f"{phase} --> ended : every step is settled" for phase in going_on]
    lines += ["state ended {", *(f"  {phase}" for phase in Phase if phase in ENDED), "}", "ended --> [*]"]
    return _fenced("stateDiagram-v2", lines)


MEANINGS: Mapping[str, str] = {
    "_may_finish": "it has passed its last stage, and what it requires is done, what it follows is settled",
    "_will_never_begin": "it has not begun, and the rollout is being undone or something it requires is going back",
    "_may_begin": "the rollout is running, what it requires is done, what it follows is settled, its owners approved",
    "_needs_no_judging": "its stage has neither a gate nor a bake time",
    "_is_suspect": "suspects are switched off in turn to find the culprit, and it is one of them or what showed it",
    "_is_to_be_off": "suspects are switched off in turn, now it",
    "_is_to_be_on": "the rollout is running, and it need not be switched off",
    "_nobody_is_at_fault": "switching suspects off has shown that none of them is at fault that its gate failed",
    "_no_traffic_goes_back": "no traffic of any release is on its way back, nor is it one of those switched in turn",
    "_nothing_builds_on_it": "no step that builds on it has an effect any more",
}
"""What each condition of a joint rule says; one that is missing here fails the drawing."""


def joint_rules() -> str:
    """The rules that look at several steps, `rules.JOINT`, as a table in the order in which they are tried."""
    rows = [
        "| a step that is | and of which it is true that | gets | and is then |",
        "| --- | --- | --- | --- |",
    ]
    for rule in JOINT:
        meaning, target = MEANINGS[rule.holds.__name__], STEPS[rule.status][rule.signal]
        rows.append(f"| {rule.status} | {meaning} | {rule.signal} | {target} |")
    return "\n".join(rows)


DRAWINGS: Mapping[str, Callable[[], str]] = {
    "steps": steps_diagram,
    "phases": phases_diagram,
    "joint rules": joint_rules,
}
"""What can stand between `<!-- drawn: NAME -->` and `<!-- end -->` in a document."""

_PLACE = re.compile(r"(<!-- drawn: (?P<name>[^>]+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def redrawn(document: str) -> str:
    """The document with everything between markers drawn anew; a name that is not in `DRAWINGS` is an error."""
    return _PLACE.sub(lambda place: f"{place[1]}\n{DRAWINGS[place['name']]()}\n\n{place[3]}", document)


def _arrows(origin: str, moves: Mapping[str, str]) -> Iterator[str]:
    """One arrow between two states, with every word that leads along it."""
    words: dict[str, list[str]] = {}
    for word, target in moves.items():
        words.setdefault(target, []).append(word)
    for target, together in words.items():
        yield f"{origin} --> {target} : {', '.join(together)}"


def _fenced(kind: str, lines: list[str]) -> str:
    return "\n".join(["```mermaid", kind, *(f"  {line}" for line in lines), "```"])
