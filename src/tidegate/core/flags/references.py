"""Who refers to flags, by what is written of live versions in the catalog."""

from collections.abc import Mapping
from dataclasses import replace

from tidegate.core.catalog import Catalog
from tidegate.core.flags.hygiene import FlagView, Inventory, Kind, Remark
from tidegate.core.ids import FlagKey, ServiceName

References = Mapping[FlagKey, tuple[ServiceName, ...]]


def references(catalog: Catalog) -> References:
    """Which services evaluate a flag."""
    found: dict[FlagKey, list[ServiceName]] = {}
    for service in catalog.services.values():
        for key in service.flags:
            found.setdefault(key, []).append(service.name)
    return {key: tuple(names) for key, names in found.items()}


def referred(found: Inventory, known: References) -> Inventory:
    """The inventory with who refers to each flag, flags that nobody does, and names that are no flag."""
    keys = {view.key for view in found.flags}
    undefined = {key: _undefined(names) for key, names in sorted(known.items()) if key not in keys}
    return Inventory(
        flags=tuple(_referred(view, known.get(view.key, ())) for view in found.flags), undefined=undefined
    )


def _undefined(names: tuple[ServiceName, ...]) -> Remark:
    return Remark(kind=Kind.UNDEFINED, message=f"no file defines it; named by {', '.join(names)}")


def _referred(view: FlagView, names: tuple[ServiceName, ...]) -> FlagView:
    if names or view.evaluated is not None:
        return replace(view, references=names)
    message = "no Component refers to it, and it is not known to be evaluated"
    return replace(view, remarks=(*view.remarks, Remark(kind=Kind.DANGLING, message=message)))
