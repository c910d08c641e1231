"""From what buf finds, looking at both versions in turn, to differences with an answer for each direction.

Forward, the new version is checked against the old one; backward, the old one against the new. Forward finds
what changed or went; backward finds what came, and the changes that are allowed in one direction only.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from tidegate.core.contracts.compatibility import Compatibility, worst
from tidegate.core.contracts.differences import Difference, Part
from tidegate.core.contracts.protobuf.parts import Finding, is_proto3, may_serve, part_of
from tidegate.core.contracts.protobuf.policy import Policy
from tidegate.core.contracts.protobuf.rules import CODE, ENUM, RULES, Answers
from tidegate.core.contracts.specification import Place

Texts = Mapping[str, str]

_QUOTED: Final = re.compile(r'"([^"]*)"')
_GONE: Final = re.compile(r"^Previously present (.*?) (?:was|were) (?:deleted|removed)(.*)$", re.DOTALL)
_SAFE: Final = (Compatibility.COMPATIBLE, Compatibility.COMPATIBLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One version checked against another: what buf finds, under the policy of the version that is checked."""

    found: tuple[Finding, ...]
    policy: Policy
    texts: Texts
    against: Texts

    def answers(self, finding: Finding) -> Answers:
        """What a finding says of this direction of looking, and of the other one."""
        rule = RULES[finding.rule]
        at_run_time = self.at_run_time(finding)
        if rule.id not in self.policy.counted:
            return at_run_time
        return Compatibility.BREAKING, at_run_time[1] if rule.removal else Compatibility.BREAKING

    def at_run_time(self, finding: Finding) -> Answers:
        """The same as far as traffic goes."""
        rule = RULES[finding.rule]
        harmless = rule.id in self.policy.excepted or self._harmless(finding)
        return _SAFE if harmless else rule.at_run_time

    def why(self, finding: Finding) -> str:
        """Why that is so."""
        rule = RULES[finding.rule]
        if rule.id in self.policy.excepted:
            return "left out by `except` in buf.yaml"
        if rule.id in self.policy.counted:
            return f"{CODE}, and that counts here" if rule.reason == CODE else rule.reason
        return self._harmless(finding) or rule.reason

    def why_added(self, finding: Finding) -> str:
        """Why that is so of a thing that is new."""
        return self._harmless(finding) or RULES[finding.rule].added_reason

    def _harmless(self, finding: Finding) -> str:
        """Why a removal does nothing to traffic although those of its sort do; empty if it does."""
        if finding.rule == "PACKAGE_NO_DELETE":
            served = any(may_serve(package, self.against) for package in _quoted(finding)[:1])
            return "" if served else "it has no service that could be called"
        json_counts = "ENUM_VALUE_SAME_NAME" in self.policy.counted
        if (
            RULES[finding.rule].reason == ENUM
            and not json_counts
            and is_proto3(self.texts.get(finding.file, ""))
        ):
            return (
                "an open enum keeps the number of a value that it does not know, and JSON does not count here"
            )
        return ""

    def part(self, finding: Finding) -> Part:
        """The part of the interface that is touched."""
        return part_of(finding, self.texts)

    def telling(self) -> Iterator[Finding]:
        """One thing is found under several rules: those that count tell it best, else those that break."""
        groups: dict[object, list[Finding]] = {}
        for finding in self.found:
            place = (finding.file, finding.line, finding.column, *_quoted(finding)[:2])
            groups.setdefault(place, []).append(finding)
        for group in groups.values():
            counted = [finding for finding in group if finding.rule in self.policy.counted]
            yield from counted or [f for f in group if self.answers(f) != _SAFE] or group


def differences(forward: Look, backward: Look) -> tuple[Difference, ...]:
    """All differences: as forward shows them, then what backward alone shows."""
    changes = (finding for finding in backward.telling() if not RULES[finding.rule].removal)
    behind = {_subject(finding, backward): _mirrored(finding, backward) for finding in changes}
    ahead = [
        _together(_difference(finding, forward), behind.pop(_subject(finding, forward), None))
        for finding in forward.telling()
    ]
    added = (_added(finding, backward) for finding in backward.found if RULES[finding.rule].added)
    return (*ahead, *behind.values(), *added)


def _together(ahead: Difference, behind: Difference | None) -> Difference:
    """What both looks show counts if it does under the policy of either."""
    if behind is None:
        return ahead
    return replace(
        ahead,
        old_consumer_new_provider=worst((ahead.old_consumer_new_provider, behind.old_consumer_new_provider)),
        new_consumer_old_provider=worst((ahead.new_consumer_old_provider, behind.new_consumer_old_provider)),
    )


def _quoted(finding: Finding) -> list[str]:
    return _QUOTED.findall(finding.message)


def _subject(finding: Finding, look: Look) -> object:
    """The same from both directions: "from int32 to string" is "from string to int32" the other way round."""
    return finding.rule, look.part(finding)[:1], tuple(sorted(_quoted(finding)))


def _difference(finding: Finding, look: Look) -> Difference:
    rule, part = RULES[finding.rule], look.part(finding)
    forward, backward = look.answers(finding)
    return Difference(
        rule=rule.id,
        position=rule.position,
        place=Place(path=_path(finding, part), file=finding.file, line=finding.line),
        reason=f"{finding.message.rstrip('.')}: {look.why(finding)}",
        old_consumer_new_provider=forward,
        new_consumer_old_provider=backward,
        part=part,
    )


def _mirrored(finding: Finding, look: Look) -> Difference:
    """A change that only the backward look finds; lines are those of the new version, so it has none."""
    seen = _difference(finding, look)
    return replace(
        seen,
        place=replace(seen.place, line=0),
        reason=f"Seen from the new version: {seen.reason}",
        old_consumer_new_provider=seen.new_consumer_old_provider,
        new_consumer_old_provider=seen.old_consumer_new_provider,
    )


def _added(finding: Finding, look: Look) -> Difference:
    """What the new version has and the old one lacks."""
    rule, part = RULES[finding.rule], look.part(finding)
    what = _GONE.sub(r"\1\2", finding.message.rstrip("."))
    backward, forward = look.at_run_time(finding)
    return Difference(
        rule=rule.added,
        position=rule.position,
        place=Place(path=_path(finding, part), file=finding.file),
        reason=f"New {what}: {look.why_added(finding)}",
        old_consumer_new_provider=forward,
        new_consumer_old_provider=backward,
        part=part,
    )


def _path(finding: Finding, part: Part) -> str:
    return ".".join(part) or finding.file or "all files"
