"""Batches as they are stored with each look: read here by whoever judges, and by whoever judges again."""

from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter

from tidegate.core.gates.evidence import Batch, CallEdge, Counts


class _BatchForm:
    """Edges and counts as JSON: a list, since JSON's objects have only strings for names."""

    _adapter: TypeAdapter[list[tuple[CallEdge, Counts]]] = TypeAdapter(list[tuple[CallEdge, Counts]])

    def encoded(self, batch: Batch) -> Any:
        return self._adapter.dump_python(list(batch.items()), mode="json")

    def decoded(self, value: Iterable[Any]) -> Batch:
        return dict(self._adapter.validate_python(value))


BATCHES = _BatchForm()
