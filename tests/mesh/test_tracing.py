"""What a listener records of calls, who is believed, and where spans go: as configuration."""

from dataclasses import replace
from typing import Any

import pytest

from tidegate.mesh import render
from tidegate.mesh.layout import Layout
from tidegate.mesh.state import State

from .test_state import TWO, state

LAYOUT = Layout.of("/mesh")
OFF = state(TWO)
ON = replace(OFF, tracing=0.125)


def managers(world: State) -> dict[str, dict[str, Any]]:
    found = render.resources(world, LAYOUT)["lds"]
    return {each["name"]: each["filter_chains"][0]["filters"][0]["typed_config"] for each in found}


def collectors(world: State) -> list[dict[str, Any]]:
    return [each for each in render.resources(world, LAYOUT)["cds"] if each["name"] == "collector"]


def test_without_tracing_there_is_nothing_of_it() -> None:
    assert [name for name, manager in managers(OFF).items() if "tracing" in manager] == []
    assert collectors(OFF) == []
    assert not [key for key in render.resources(OFF, LAYOUT)["rtds"][0]["layer"] if key.startswith("tracing")]


def test_every_call_is_recorded_but_those_of_probes() -> None:
    recorded = {
        name: manager["tracing"]["provider"]["typed_config"]["service_name"]
        for name, manager in managers(ON).items()
        if "tracing" in manager
    }
    assert recorded == {"ingress": "ingress", "egress pay@1.0.0": "pay", "egress pay@2.0.0": "pay"}


def test_the_share_of_traces_is_decided_by_their_id_at_the_first_hop() -> None:
    sampler = managers(ON)["ingress"]["tracing"]["provider"]["typed_config"]["sampler"]
    by_id = sampler["typed_config"]["wrapped_sampler"]["typed_config"]
    assert sampler["name"].endswith("parent_based")
    assert by_id["sampling_percentage"] == {"numerator": 125_000, "denominator": "MILLION"}


def removed(manager: dict[str, Any]) -> list[str]:
    (early,) = manager["early_header_mutation_extensions"]
    return [mutation["remove"] for mutation in early["typed_config"]["mutations"] if "remove" in mutation]


def test_a_clients_trace_context_is_not_believed_and_a_services_is() -> None:
    found = managers(ON)
    assert removed(found["ingress"]) == ["traceparent", "tracestate"]
    assert removed(found["egress pay@1.0.0"]) == []
    assert removed(managers(OFF)["ingress"]) == []  # what passes through to those who trace by themselves


def test_the_token_is_in_a_file_and_in_no_configuration() -> None:
    tracer = managers(ON)["ingress"]["tracing"]["provider"]["typed_config"]
    (header,) = tracer["http_service"]["request_headers_to_add"]
    assert header["header"] == {"key": "authorization", "value": "Bearer %FILE_CONTENT(/mesh/trace-token)%"}


@pytest.mark.parametrize(("port", "ports"), [(None, []), (4318, [4318])])
def test_spans_go_where_somebody_listens_and_listeners_do_not_change_for_it(
    port: int | None, ports: list[int]
) -> None:
    told = replace(ON, collector=port)
    (cluster,) = collectors(told)
    (group,) = cluster["load_assignment"]["endpoints"]
    found = [each["endpoint"]["address"]["socket_address"]["port_value"] for each in group["lb_endpoints"]]
    assert found == ports
    assert managers(told) == managers(ON)
