"""The graph of a catalog as it is declared: text, JSON, Mermaid and DOT. Pure: a catalog in, lines out."""

import json
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final

from tidegate.core.catalog import Catalog, Dependency, Service

WIDTH: Final = 80


def _services(catalog: Catalog) -> list[Service]:
    return [catalog.services[name] for name in sorted(catalog.services)]


def _edges(catalog: Catalog) -> list[Dependency]:
    return sorted(catalog.dependencies, key=lambda edge: (edge.consumer, edge.provider, edge.interface or ""))


def _through(catalog: Catalog, edge: Dependency) -> str:
    """What a dependency goes through, as one reads it: an interface with its range, or `dependsOn`."""
    if edge.interface is None:
        return "dependsOn"
    needs = catalog.services[edge.consumer].consumes
    ranges = (need.range for need in needs if need.interface == edge.interface)
    return f"{edge.interface} {next(ranges)}".rstrip()


def _title(service: Service) -> str:
    return f"{service.name} {service.version or ''}".rstrip()


def _text(catalog: Catalog) -> Iterator[str]:
    by_consumer = {name: list(own) for name, own in groupby(_edges(catalog), lambda edge: edge.consumer)}
    for service in _services(catalog):
        owner = service.owner or "no owner"
        facts = [_title(service), *([f"tier {service.tier}"] if service.tier else []), owner]
        yield from wrapped(", ".join(facts), "")
        own = by_consumer.get(service.name, [])
        width = max((len(edge.provider) for edge in own), default=0)
        for edge in own:
            yield from wrapped(f"→ {edge.provider:<{width}}  {_through(catalog, edge)}", "  ")
        for resource in sorted(service.resources):
            yield from wrapped(f"→ {resource}  (resource)", "  ")


def wrapped(line: str, indent: str) -> list[str]:
    further = f"{indent}    "
    if len(indent + line) <= WIDTH:
        return [indent + line]
    return textwrap.wrap(
        line,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _json(catalog: Catalog) -> Iterator[str]:
    answer = {
        "services": [_service_values(service) for service in _services(catalog)],
        "dependencies": [
            {"consumer": edge.consumer, "provider": edge.provider, "interface": edge.interface}
            for edge in _edges(catalog)
        ],
    }
    yield json.dumps(answer, indent=2)


def _service_values(service: Service) -> dict[str, Any]:
    return {
        "name": service.name,
        "version": service.version,
        "owner": service.owner,
        "tier": service.tier,
        "system": service.system,
        "lifecycle": service.lifecycle,
        "provides": [
            {"interface": offer.interface, "versions": list(offer.versions)} for offer in service.provides
        ],
        "consumes": [
            {"interface": need.interface, "range": need.range, "declared": need.declared}
            for need in service.consumes
        ],
        "dependsOn": sorted(service.depends_on),
        "resources": sorted(service.resources),
    }


def _numbers(catalog: Catalog) -> Mapping[str, str]:
    """Ids of our own for nodes: a name may be a word that the language keeps for itself."""
    return {service.name: f"n{number}" for number, service in enumerate(_services(catalog))}


def _mermaid(catalog: Catalog) -> Iterator[str]:
    ids = _numbers(catalog)
    yield "flowchart LR"
    for service in _services(catalog):
        yield f"  {ids[service.name]}[{mermaid_quoted(_title(service))}]"
    for edge in _edges(catalog):
        arrow = "-.->" if edge.interface is None else "-->"
        label = mermaid_quoted(_through(catalog, edge))
        yield f"  {ids[edge.consumer]} {arrow}|{label}| {ids[edge.provider]}"


def mermaid_quoted(text: str) -> str:
    """In quotes, with everything that Mermaid or HTML could take for its own as an entity code."""
    safe = (char if char.isalnum() or char in " -_./@^~+*,:" else f"#{ord(char)};" for char in text)
    return f'"{"".join(safe)}"'


def _dot(catalog: Catalog) -> Iterator[str]:
    yield "digraph catalog {"
    yield "  rankdir=LR;"
    for service in _services(catalog):
        yield f"  {dot_quoted(service.name)} [label={dot_quoted(_title(service))}];"
    for edge in _edges(catalog):
        style = ", style=dashed" if edge.interface is None else ""
        label = dot_quoted(_through(catalog, edge))
        yield f"  {dot_quoted(edge.consumer)} -> {dot_quoted(edge.provider)} [label={label}{style}];"
    yield "}"


def dot_quoted(text: str) -> str:
    """A quoted string, in which backslashes and quotes are escaped and nothing is unprintable."""
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


RENDERINGS: Final[Mapping[str, Callable[[Catalog], Iterable[str]]]] = {
    "text": _text,
    "json": _json,
    "mermaid": _mermaid,
    "dot": _dot,
}
