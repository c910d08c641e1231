"""Flags as text, at 80 columns."""

from collections.abc import Iterator

from tidegate.cli.plan_text import wrapped
from tidegate.core.flags.hygiene import FlagView, Inventory, Remark
from tidegate.core.flags.serving import Exposure
from tidegate.sources.words import listed as with_commas
from tidegate.sources.words import utc


def checked(found: Inventory) -> str:
    """What a check found where nothing is wrong: a count, and what should be seen to."""
    count = len(found.flags)
    return "\n".join([f"{count} {'flag' if count == 1 else 'flags'}: no problems", *_remarks(found)])


def _remarks(found: Inventory) -> Iterator[str]:
    for view in found.flags:
        for remark in view.remarks:
            yield wrapped(f"{view.key}: {_remark(remark)}")
    yield from _undefined(found)


def _undefined(found: Inventory) -> Iterator[str]:
    for key, remark in found.undefined.items():
        yield wrapped(f"{key}: {_remark(remark)}")


def _remark(remark: Remark) -> str:
    return f"{remark.kind}: {remark.message}"


def listed(found: Inventory) -> str:
    """Every flag on a line, with what should be seen to below."""
    if not found.flags:
        return "no flags are served"
    lines = [line for view in found.flags for line in _lines(view)]
    return "\n".join([*lines, *_undefined(found)])


def _lines(view: FlagView) -> Iterator[str]:
    yield wrapped("  ".join(filter(None, (view.key, _state(view), view.owner, _evaluated(view)))))
    for remark in view.remarks:
        yield wrapped(f"  {_remark(remark)}")


def _state(view: FlagView) -> str:
    if not view.enabled:
        return "disabled"
    if view.switch:
        return "switched off"
    return "on by rules" if view.exposure is None else f"on for {_share(view.exposure)}"


def _evaluated(view: FlagView) -> str:
    return "" if view.evaluated is None else f"evaluated {utc(view.evaluated)}"


def shown(view: FlagView) -> str:
    """One flag with everything that is known of it."""
    rows = {
        "state": _state(view),
        "owner": view.owner,
        "since": view.since,
        "expires": view.expires,
        "variants": with_commas(view.variants),
        "default": view.default,
        "requires": with_commas(view.requires),
        "used by": with_commas(view.references),
        "evaluated": view.evaluated and utc(view.evaluated),
    }
    known = [wrapped(f"  {name:<10} {value}") for name, value in rows.items() if value]
    exposures = [wrapped(f"  {_exposed(exposure)}") for exposure in view.exposures]
    remarks = [wrapped(f"  {_remark(remark)}") for remark in view.remarks]
    return "\n".join([view.key, *known, *exposures, *remarks])


def _exposed(each: Exposure) -> str:
    whom = "everyone" if not each.audience else f"whom {each.audience} holds for"
    return f"{each.variant} to {_share(each.share)} of {whom}, by {each.rollout} {each.step}"


def _share(share: float) -> str:
    return f"{100 * share:.4g}%"
