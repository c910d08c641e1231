"""Whatever a file holds, reading it answers with a value or with `Refused`, and with nothing else."""

# ruff: noqa: E501 - each whole message stays on its row of the table

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.core.errors import Refused
from tidegate.sources.backstage import read_catalog
from tidegate.sources.change import read_change_and_catalog
from tidegate.sources.documents import read_kind, schemas
from tidegate.sources.learned_graph import read_learned_graph
from tidegate.sources.openslo import read_service_levels
from tidegate.sources.tree import parse

SHOP = Path(__file__).parents[2] / "examples" / "shop"
SEEDS = [
    (SHOP / "changes/stock-lane.yaml").read_text(),
    (SHOP / "changes/instant-refund.yaml").read_text().replace("../flags", f"{SHOP}/flags"),
    (SHOP / "flags/shop.yaml").read_text(),
    (SHOP / "catalog/money/catalog-info.yaml").read_text(),
    (SHOP / "slo/objectives.yaml").read_text(),
    """\
apiVersion: tidegate.dev/v1alpha1
kind: LearnedGraph
metadata:
  learned: '2026-01-01T00:00:00Z'
spec:
  seconds: 10
  edges:
    - callee: web
      caller: cart
      calls: 3
      critical: 0.5
      versions:
        - from: 1.0.0
          to: 2.0.0
          calls: 3
  journeys:
    - entry: web
      through: {cart: 0.5}
  drifts:
    - kind: undeclared
      consumer: cart
      provider: web
      calls: 3
""",
]
TOKENS = sorted({token for seed in SEEDS for token in re.findall(r"[\w.-]+", seed)})
PUNCTUATION = [":", ": ", "- ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", "&a ", "*a", "<<: ", "|\n", "!!x ", "---\n", '"', "'", "#", "\t", "\0", "5%", "@^1"]  # fmt: skip

yamlish = st.lists(st.sampled_from(TOKENS + PUNCTUATION)).map("".join)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(TOKENS))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(TOKENS), st.text()), inner, max_size=4),
    ),
    max_leaves=12,
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A good file in which some lines are lost, doubled or swapped for something else."""
    lines = draw(st.sampled_from(SEEDS)).splitlines()
    for _ in range(draw(st.integers(1, 4))):
        where = draw(st.integers(0, len(lines) - 1))
        lines[where] = draw(st.sampled_from(["", lines[where] * 2, lines[-1], "  x: 1"])) or draw(yamlish)
    return "\n".join(lines)


@st.composite
def grafted(draw: st.DrawFn) -> str:
    """A good file in which one value, anywhere, is replaced by any other."""
    documents: list[Any] = list(yaml.safe_load_all(draw(st.sampled_from(SEEDS))))
    here: Any = documents
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        key = draw(st.sampled_from(keys))
        if not isinstance(here[key], (dict, list)) or not here[key] or draw(st.booleans()):
            break
        here = here[key]
    here[key] = draw(values)
    dumped: str = yaml.safe_dump_all(documents, allow_unicode=True, sort_keys=False)
    return dumped


files = st.one_of(st.binary(), st.one_of(st.text(), yamlish, mutated(), grafted()).map(lambda text: text.encode(errors="replace")))  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@given(files)
@settings(max_examples=300, deadline=None)
def test_reading_anything_raises_nothing_but_refused(folder: Path, content: bytes) -> None:
    file = folder / "catalog-info.yaml"
    file.write_bytes(content)
    for kind in schemas():
        _, problems = read_kind(file, kind)
        assert all(problem.location and problem.location.line >= 1 for problem in problems)
    for read in (
        read_catalog,
        read_service_levels,
        read_learned_graph,
        lambda path: read_change_and_catalog(path, SHOP / "catalog"),
    ):
        try:
            read(file)
        except Refused as refused:
            reasons = [str(problem) for problem in refused.problems]
        else:
            reasons = ["it was read"]
        assert all(reasons), "a refusal gives its reasons"
        assert reasons


@given(files)
@settings(max_examples=300, deadline=None)
def test_lines_stay_inside_the_file(content: bytes) -> None:
    parsed = parse(content, "f.yaml")
    last = max(1, len(content.decode(errors="replace").splitlines()))
    assert all(problem.location and 1 <= problem.location.line <= last for problem in parsed.problems)
    assert parsed.complete or parsed.problems
