"""What could not be read, in words: where, what, and what to do. Findings of one kind are told once. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.core.gates.evidence import Gap, Missing
from tidegate.core.ids import ServiceName

SHOWN = 6
"""So many labels of an example are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with some series of one part of a Telemetry file, and the remedy."""

    gap: Gap
    part: str
    what: str
    remedy: str
    service: ServiceName | None = None


@dataclass(slots=True)
class Faults:
    """Gathers faults, each with how many series have it and the first of them."""

    _found: dict[Fault, list[Mapping[str, str]]] = field(default_factory=dict)
    _counts: dict[Fault, int] = field(default_factory=dict)

    def add(self, fault: Fault, labels: Mapping[str, str] | None = None) -> None:
        """Note a fault, of the series with these labels if it is of one."""
        examples = self._found.setdefault(fault, [])
        if labels is not None:
            self._counts[fault] = self._counts.get(fault, 0) + 1
            examples[:] = examples or [labels]

    def told(self) -> tuple[Missing, ...]:
        """Every fault, in the order in which they were found."""
        return tuple(
            Missing(gap=fault.gap, what=self._words(fault), service=fault.service) for fault in self._found
        )

    def _words(self, fault: Fault) -> str:
        examples = "".join(
            f" ({self._counts[fault]} series, such as {shown(each)})" for each in self._found[fault]
        )
        return f"{fault.part}: {fault.what}{examples}; {fault.remedy}"


def shown(labels: Mapping[str, str]) -> str:
    """The first of some labels, as PromQL writes them, without the name of the metric."""
    pairs = sorted(item for item in labels.items() if item[0] != "__name__")
    more = ", …" if len(pairs) > SHOWN else ""
    return "{" + ", ".join(f'{name}="{value[:80]}"' for name, value in pairs[:SHOWN]) + more + "}"
