"""What a schema cannot say of the flags in a `Change` file: within itself, against the catalog and the definitions.

Flags of another flag system need no definition here; what is wrong with them, that system says when the rollout begins.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from tidegate.core.errors import Problem
from tidegate.core.flags.definitions import Flag
from tidegate.core.flags.logic.checks import findings as rule_findings
from tidegate.core.ids import ServiceName
from tidegate.sources.change_checks import NO_COMPONENT
from tidegate.sources.change_source import Check, Source
from tidegate.sources.change_variants import off_of, on_of
from tidegate.sources.documents import place
from tidegate.sources.tree import Node
from tidegate.sources.words import did_you_mean, listed, quoted

# -- checks of the file alone -----------------------------------------------------------------------------


def _check_twice(source: Source) -> Iterator[Problem]:
    """A flag is exposed once and removed once, an audience of a flag named once."""
    kinds = [(source.exposures, "flag", "exposure of flag"), (source.removals, "flag", "removal of flag")]
    kinds += [(flag.at("audiences").elements, "name", "audience") for flag in source.exposures]
    for nodes, field, what in kinds:
        seen: dict[str, Node] = {}
        for name in (node.at(field) for node in nodes):
            first = seen.setdefault(name.text, name)
            if first is not name and name.text:
                yield name.problem(f"a second {what} {quoted(name.text)} (first at {first.location})")


SAID_OF_A_REMOVAL: Final = ("flag", "remove", "system")


def _check_removals(source: Source) -> Iterator[Problem]:
    for removal in source.removals:
        if more := [name for name in removal.fields if name not in SAID_OF_A_REMOVAL]:
            message = f"flag {quoted(removal.at('flag').text)} is removed, and {listed(more)} says more of it"
            yield removal.problem(message, "expose and remove it by two entries")


def _check_defined_anywhere(source: Source) -> Iterator[Problem]:
    """The flags that tidegate serves need their definitions."""
    for flag in (*source.exposures, *source.removals):
        if not flag.at("system") and not source.spec.at("flagDefinitions"):
            hint = "add spec.flagDefinitions: the files that define it"
            yield flag.problem(f"nothing says what flag {quoted(flag.at('flag').text)} is", hint)


UNSEEN: Final = {"levels": "instances", "conformance": "contracts"}
"""What is judged of the versions of services only, since a flag has none of it."""


def _check_gates(source: Source) -> Iterator[Problem]:
    for flag in source.exposures:
        for gate in flag.at("gates").elements:
            for field in (field for field in UNSEEN if gate.at(field)):
                message = (
                    f"{field} in gate {quoted(gate.at('name').text)} of a flag, which has no {UNSEEN[field]}"
                )
                yield gate.at(field).problem(message, "judge them at the release that implements it")


def _check_rules(source: Source) -> Iterator[Problem]:
    for audience in source.audiences:
        rule = audience.at("rule")
        for finding in rule_findings(rule.plain()) if rule.fields else ():
            message = f"rule of audience {quoted(audience.at('name').text)}: {finding.message}"
            yield Problem(message=message, location=place(rule, finding.path), hint=finding.hint)


# -- checks against the catalog ---------------------------------------------------------------------------


def _check_services(source: Source) -> Iterator[Problem]:
    for flag in source.exposures:
        for name in flag.at("services").fields:
            if ServiceName(name) not in source.catalog.services:
                message = f"unknown service {quoted(name)} in services of flag {quoted(flag.at('flag').text)}"
                hint = did_you_mean(name, source.catalog.services) or NO_COMPONENT
                yield Problem(message=message, location=flag.at("services").key(name), hint=hint)


# -- checks against the definitions -----------------------------------------------------------------------


def _check_known(source: Source) -> Iterator[Problem]:
    for key in (flag.at("flag") for flag in _ours(source, (*source.exposures, *source.removals))):
        if key.text and not source.flag(key):
            yield _unknown_flag(source, key, "flags")
    for flag in _ours(source, source.exposures):
        yield from _unknown_among(
            source, flag.at("requires"), f"requires of flag {quoted(flag.at('flag').text)}"
        )
    if source.spec.at("flagDefinitions"):
        for release in source.releases:
            where = f"evaluates of {quoted(release.at('service').text)}"
            yield from _unknown_among(source, release.at("evaluates"), where)


def _unknown_among(source: Source, keys: Node, where: str) -> Iterator[Problem]:
    here = [flag.at("flag").text for flag in source.exposures]
    for key in keys.elements:
        if key.text and key.text not in here and not source.flag(key):
            yield _unknown_flag(source, key, where)


def _unknown_flag(source: Source, key: Node, where: str) -> Problem:
    hint = did_you_mean(key.text, source.catalog.flags.flags) or "no file of spec.flagDefinitions defines it"
    return key.problem(f"unknown flag {quoted(key.text)} in {where}", hint)


def _ours(source: Source, flags: Iterable[Node]) -> Iterator[Node]:
    """The flags that tidegate serves, and that its definitions can say something of."""
    return (flag for flag in flags if not flag.at("system") and source.spec.at("flagDefinitions"))


def _check_variants(source: Source) -> Iterator[Problem]:
    for node in source.exposures:
        yield from _check_ends(source, node)
        if defined := source.flag(node.at("flag")):
            yield from _unknown_variant(defined, node.at("on"))
            yield from _unknown_variant(defined, node.at("off"))
            if not defined.enabled:
                yield node.problem(
                    f"flag {quoted(defined.key)} is disabled by its definition", "enable it there"
                )


def _unknown_variant(flag: Flag, name: Node) -> Iterator[Problem]:
    if name.text and name.text not in flag.variants:
        hint = did_you_mean(name.text, flag.variants) or f"known: {listed(flag.variants)}"
        yield name.problem(f"unknown variant {quoted(name.text)} of flag {quoted(flag.key)}", hint)


def _check_ends(source: Source, node: Node) -> Iterator[Problem]:
    """Users are moved from one variant to another, and both are known."""
    flag = node.at("flag").text
    off, on = off_of(source, node), on_of(source, node)
    if on and on == off:
        yield node.problem(f"flag {quoted(flag)} is {quoted(on)} both on and off", "name two of its variants")
    for field, variant in (("on", on), ("off", off)) if source.flag(node.at("flag")) else ():
        if not variant:
            hint = f"write {field}: and the name of a variant"
            yield node.problem(f"which variant of flag {quoted(flag)} is {field} is not clear", hint)


OWN_CHECKS: Final[tuple[Check, ...]] = (
    _check_twice,
    _check_removals,
    _check_defined_anywhere,
    _check_gates,
    _check_rules,
)
CATALOG_CHECKS: Final[tuple[Check, ...]] = (_check_services,)
DEFINITION_CHECKS: Final[tuple[Check, ...]] = (_check_known, _check_variants)
