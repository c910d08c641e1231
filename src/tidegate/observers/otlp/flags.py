"""Feature flags with which requests were answered, as attributes of data points tell them.

Either one flag, by `feature_flag.key` and `feature_flag.result.variant`, or each by an attribute of its own named
`feature_flag.` and the key, whose value is the variant. Source of the names: OpenTelemetry's semantic conventions
for feature flags; those that they define are no keys.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import FlagKey, Version, flag_as_service
from tidegate.otlp.attributes import LONGEST

_PREFIX: Final = "feature_flag."
_VARIANTS: Final = (f"{_PREFIX}result.variant", f"{_PREFIX}variant")
_DEFINED: Final = frozenset({"key", "variant", "version"})
_DEFINED_BEGIN: Final = ("result.", "context.", "set.", "provider", "error.", "evaluation.")


def variants_of(attributes: Mapping[str, str]) -> tuple[VersionedService, ...]:
    """Each flag as a service whose version is the variant."""
    return tuple(
        VersionedService(service=flag_as_service(FlagKey(key)), version=Version(variant))
        for key, variant in dict(_told(attributes)).items()
        if key and variant and max(len(key), len(variant)) <= LONGEST
    )


def _told(attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if key := attributes.get(f"{_PREFIX}key", ""):
        yield key, next((attributes[name] for name in _VARIANTS if name in attributes), "")
    for name, value in attributes.items():
        key = name.removeprefix(_PREFIX)
        if name.startswith(_PREFIX) and key not in _DEFINED and not key.startswith(_DEFINED_BEGIN):
            yield key, value
