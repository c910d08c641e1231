"""Mesh and version files: everything wrong at once, with file and line."""

from pathlib import Path

import pytest

from tidegate.core.errors import Refused
from tidegate.sources.mesh import read_mesh, read_version

SHOP = Path("examples/shop")
VERSION = """apiVersion: tidegate.dev/v1alpha1
kind: ServiceVersion
metadata: {name: pay}
spec:
  version: "1.0.0"
  endpoints:
    /pay: {calls: [{service: ledgr, path: /book}]}
"""
MESH = """apiVersion: tidegate.dev/v1alpha1
kind: Mesh
metadata: {name: shop}
spec:
  entry: webb
  services:
    - {name: pay, artifact: pay.yaml}
    - {name: web, artifact: web.yaml, retries: 3}
    - {name: web, artifact: pay.yaml}
"""


def complaints(path: Path) -> list[str]:
    with pytest.raises(Refused) as refused:
        read_mesh(path)
    return [str(problem).replace(f"{path.parent}/", "") for problem in refused.value.problems]


def test_all_problems_at_once(tmp_path: Path) -> None:
    (tmp_path / "pay.yaml").write_text(VERSION)
    (tmp_path / "mesh.yaml").write_text(MESH)
    assert complaints(tmp_path / "mesh.yaml") == [
        "mesh.yaml:5: the entry 'webb' is not among the services (did you mean 'web'?)",
        "mesh.yaml:8: cannot read 'web.yaml': No such file or directory (check the path)",
        (
            "mesh.yaml:8: unknown field 'retries' in spec.services[1] "
            "(known here: name, artifact, timeoutSeconds, latencyMs)"
        ),
        "mesh.yaml:9: 'pay.yaml' is a version of pay, not of web",
        "mesh.yaml:9: 'web' is listed twice (first at mesh.yaml:8)",
    ]


def test_a_call_to_a_service_that_does_not_run_is_found_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "pay.yaml").write_text(VERSION)
    (tmp_path / "mesh.yaml").write_text(MESH.replace("webb", "pay").split("    - {name: web")[0])
    assert complaints(tmp_path / "mesh.yaml") == [
        "mesh.yaml:7: pay 1.0.0 calls 'ledgr', which this mesh does not run (list it under services)"
    ]


ALONE = VERSION.replace("{calls: [{service: ledgr, path: /book}]}", "{}")
WHOLE = MESH.replace("webb", "pay").split("    - {name: web")[0]


@pytest.mark.parametrize(
    ("written", "share"),
    [("", None), ("  tracing: {sampling: 100%}\n", 1.0), ("  tracing: {sampling: 12.5%}\n", 0.125)],
)
def test_the_share_of_traces(tmp_path: Path, written: str, share: float | None) -> None:
    (tmp_path / "pay.yaml").write_text(ALONE)
    (tmp_path / "mesh.yaml").write_text(WHOLE + written)
    assert read_mesh(tmp_path / "mesh.yaml").tracing == share


SHARE = "a share written as a percentage, such as 5% or 99.5%"
LACKING = (
    "spec.tracing lacks 'sampling' (The share of traces that are recorded, each of them whole, such as 100%)"
)


@pytest.mark.parametrize(
    ("tracing", "told"),
    [
        ("{sampling: 120%}", [f"spec.tracing.sampling is '120%', which is not {SHARE}"]),
        ("{sampling: 1}", [f"spec.tracing.sampling must be text, not '1' (write {SHARE})"]),
        ("{}", [LACKING]),
        ("{rate: 5%}", [LACKING, "unknown field 'rate' in spec.tracing (known here: sampling)"]),
    ],
)
def test_what_tracing_is_not(tmp_path: Path, tracing: str, told: list[str]) -> None:
    (tmp_path / "pay.yaml").write_text(ALONE)
    (tmp_path / "mesh.yaml").write_text(f"{WHOLE}  tracing: {tracing}\n")
    assert complaints(tmp_path / "mesh.yaml") == [f"mesh.yaml:8: {each}" for each in told]


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("{errorRate: 1, when: {share: 2}}", "spec.faults[0].when.share must be at most 1"),
        ("{empty: [amount]}", "unknown field 'empty'"),
        ("{empties: [Amount!]}", "a field such as amount"),
        ("{latencyGrowthMs: -1}", "latencyGrowthMs"),
    ],
)
def test_a_fault_with_unknown_words_is_none(tmp_path: Path, fault: str, complaint: str) -> None:
    file = tmp_path / "pay.yaml"
    file.write_text(f"{ALONE}  faults: [{fault}]\n")
    with pytest.raises(Refused) as refused:
        read_version(file)
    assert complaint in str(refused.value)


def test_the_example_runs_nine_services_four_calls_deep() -> None:
    mesh = read_mesh(SHOP / "mesh.yaml")
    assert (len(mesh.services), mesh.entry, bool(mesh.load)) == (9, "web", True)


@pytest.mark.parametrize("path", sorted((SHOP / "versions").iterdir()), ids=lambda path: path.stem)
def test_every_version_of_the_example_is_what_its_name_says(path: Path) -> None:
    found = read_version(path)
    assert path.stem.startswith(f"{found.service}-{found.version}")


def test_a_fault_may_depend_on_a_flag_that_the_version_evaluates(tmp_path: Path) -> None:
    path = tmp_path / "pay.yaml"
    flagged = (
        VERSION.replace("ledgr", "ledger") + '  flags: [refunds]\n  faults: [{when: {flag: "refund"}}]\n'
    )
    path.write_text(flagged)
    with pytest.raises(Refused) as refused:
        read_version(path)
    assert [str(problem).replace(f"{tmp_path}/", "") for problem in refused.value.problems] == [
        "pay.yaml:9: the version does not evaluate flag 'refund' (did you mean 'refunds'?)"
    ]
    path.write_text(flagged.replace('"refund"', "refunds"))
    assert read_version(path).behaviour["flags"] == ["refunds"]
