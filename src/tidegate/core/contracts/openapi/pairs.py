"""What belongs together in two versions, where one name may cover others: `2XX` is 200, `application/*` is JSON."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar

from tidegate.core.contracts.openapi.rules import Change
from tidegate.core.contracts.openapi.view import Body, Parameter, first

T = TypeVar("T")
Sent = Parameter | Body

_ALONE: Final = {
    (False, False): Change.REMOVED,
    (False, True): Change.ADDED,
    (True, False): Change.SPECIALISED,
    (True, True): Change.GENERALISED,
}
"""By whether a name covers one of the other version, and whether it is new."""

DEMANDS: Final = (Change.BECAME_REQUIRED, Change.BECAME_OPTIONAL)
_REQUIRED: Final[Mapping[tuple[bool | None, bool | None], tuple[Change, ...]]] = {
    (None, False): (Change.ADDED,),
    (None, True): (Change.ADDED, Change.BECAME_REQUIRED),
    (False, None): (Change.REMOVED,),
    (True, None): (Change.REMOVED, Change.BECAME_OPTIONAL),
    (False, True): (Change.BECAME_REQUIRED,),
    (True, False): (Change.BECAME_OPTIONAL,),
}
"""By whether the old and the new are required; None where there is none."""


def paired(
    old: Mapping[str, T], new: Mapping[str, T], over: Callable[[str], tuple[str, ...]]
) -> Iterator[tuple[str, T | None, T | None, Change | None]]:
    """Each name with what stands for it in either version; the change where that is nothing in one of them."""
    for name in {**old, **new}:
        before, after = first(old, over(name)), first(new, over(name))
        if before is not None and after is not None:
            yield name, before, after, None
        else:
            others = old if before is None else new
            wider = any(name in over(other) for other in others)
            yield name, before, after, _ALONE[wider, before is None]


def presence(old: Sent | None, new: Sent | None) -> Iterator[tuple[Change, Sent]]:
    """The changes of something that may be absent, optional or required in either version, and where it stands."""
    if either := new or old:
        changes = _REQUIRED.get((old.required if old else None, new.required if new else None), ())
        yield from ((change, either) for change in changes)
