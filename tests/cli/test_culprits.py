"""`tidegate culprits`: whole outputs."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner
from pydantic import TypeAdapter

from tidegate.cli.culprits import RENDERINGS, culprits
from tidegate.cli.journey_text import journey_lines
from tidegate.core.attribution.answer import Answer, Attribution, Basis, Suspicion
from tidegate.core.gates.evidence import CallEdge, Tally, VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.core.traces.journey import Call, Journey, Origin
from tidegate.core.traces.reading import Spread
from tidegate.core.traces.span import Ending
from tidegate.server.culprits_view import CulpritsView, origin_views
from tidegate.temporal.state_dir import ApiAddress, StateDir


def version(name: str) -> VersionedService:
    service, _, number = name.partition("@")
    return VersionedService(service=ServiceName(service), version=Version(number))


WEB, CART = version("web@1.4.0"), version("cart@1.9.2")
PAYMENTS, SEARCH = version("payments@2.0.0"), version("search@3.1.0")
ENTRY = CallEdge(caller=None, callee=WEB)
TO_CART = CallEdge(caller=WEB, callee=CART)
TO_PAYMENTS = CallEdge(caller=CART, callee=PAYMENTS)
BROKE = Origin(at_fault=PAYMENTS, edge=TO_PAYMENTS, ending=Ending.ERROR)
MALFORMED = Origin(at_fault=WEB, edge=TO_CART, ending=Ending.REJECTED)

SAID = Attribution(
    answer=Answer.ONE,
    basis=Basis.TRACES,
    reason="journeys that met it fail 17 times as often as those that met payments@1.0.0",
    culprits=(PAYMENTS,),
    ranking=(
        Suspicion(
            suspects=(PAYMENTS,),
            log_e=14.2,
            log_e_needed=5.3,
            effect=0.0314,
            exposed=Tally(requests=1204, bad=38),
            control=Tally(requests=10796, bad=2),
            why="it fails wherever it is met, whatever else is",
        ),
        Suspicion(suspects=(PAYMENTS, SEARCH), log_e=-0.5, log_e_needed=6.0),
    ),
)
TRACE = Journey(
    trace="4bf92f3577b34da6a3ce929d0e0e4736",
    calls=(
        Call(
            edge=ENTRY,
            parent=None,
            start=9.0,
            seconds=0.31,
            ending=Ending.ERROR,
            status=500,
            name="POST /buy",
        ),
        Call(edge=TO_CART, parent=0, start=9.1, seconds=0.2, ending=Ending.ERROR, status=502),
        Call(
            edge=TO_PAYMENTS,
            parent=1,
            start=9.2,
            seconds=1.5,
            ending=Ending.ERROR,
            status=500,
            attempt=2,
            name="POST /pay",
            said="amount is not a number",
        ),
        Call(
            edge=CallEdge(caller=WEB, callee=SEARCH),
            parent=0,
            start=9.2,
            seconds=0.01,
            ending=Ending.OK,
            asynchronous=True,
        ),
    ),
    met={each.service: each for each in (WEB, CART, PAYMENTS, SEARCH)},
    failed=True,
    origins=(BROKE,),
)
VIEW = CulpritsView(
    rollout="r-7",
    attribution=SAID,
    journeys=12_000,
    failed=40,
    origins=origin_views(
        {
            BROKE: Spread(failures=39, journeys=38, hops=76, over={TO_CART: 38, ENTRY: 38}),
            MALFORMED: Spread(failures=2, journeys=2, hops=2, over={ENTRY: 2}),
        }
    ),
    traces=(TRACE, replace(TRACE, trace="00", calls=TRACE.calls[:1], whole=False)),
    lost={"late": 12, "capped": 3},
)
TEXT = """\
payments@2.0.0 is at fault, by whole journeys: journeys that met it fail 17
  times as often as those that met payments@1.0.0

suspect                  failed with it        without   effect             ln E
payments@2.0.0                 38/1,204       2/10,796    +3.14    14.20 of 5.30
  it fails wherever it is met, whatever else is
payments@2.0.0 + search@3.1.0
                                      -              -        -    -0.50 of 6.00

40 of 12,000 journeys failed (0.3333 %)
could not be used as evidence: capped 3, late 12

39 failures (error) began at payments@2.0.0 and failed 38 journeys, 95 % of all
  that failed
  ✗ cart@1.9.2 → payments@2.0.0
    ↑ web@1.4.0 → cart@1.9.2  95 %
      ↑ (outside) → web@1.4.0  95 %

2 failures (rejected) began at web@1.4.0 and failed 2 journeys, 5 % of all that
  failed
  ✗ web@1.4.0 → cart@1.9.2
    ↑ (outside) → web@1.4.0  5 %

trace 4bf92f3577b34da6a3ce929d0e0e4736 failed
  ↑ (outside) → web@1.4.0  POST /buy  error 500  310 ms
    ↑ web@1.4.0 → cart@1.9.2  error 502  200 ms
      ✗ cart@1.9.2 → payments@2.0.0  POST /pay  error 500  1,500 ms  try 2
        amount is not a number
    · web@1.4.0 → search@3.1.0  ok  10 ms  not waited for

trace 00 failed; some of its spans are missing
  ↑ (outside) → web@1.4.0  POST /buy  error 500  310 ms"""
MERMAID = """\
flowchart LR
  n0["#40;outside#41;"]
  n1["cart@1.9.2"]
  n2["payments@2.0.0"]:::origin
  n3["web@1.4.0"]:::origin
  n0 -->|"100 #37;"| n3
  n3 -->|"95 #37;"| n1
  n1 ==>|"error 39"| n2
  n3 ==>|"rejected 2"| n1
  classDef origin stroke:#c00,stroke-width:3px"""
DOT = """\
digraph culprits {
  rankdir=LR;
  "(outside)";
  "cart@1.9.2";
  "payments@2.0.0" [color=red, penwidth=3];
  "web@1.4.0" [color=red, penwidth=3];
  "(outside)" -> "web@1.4.0" [label="100 %"];
  "web@1.4.0" -> "cart@1.9.2" [label="95 %"];
  "cart@1.9.2" -> "payments@2.0.0" [label="error 39", penwidth=3];
  "web@1.4.0" -> "cart@1.9.2" [label="rejected 2", penwidth=3];
}"""


def rendered(view: CulpritsView, output: str = "text") -> str:
    return "\n".join(RENDERINGS[output](view))


@pytest.mark.parametrize(("output", "whole"), [("text", TEXT), ("mermaid", MERMAID), ("dot", DOT)])
def test_whole_output(output: str, whole: str) -> None:
    assert rendered(VIEW, output) == whole


def test_text_fits_a_terminal() -> None:
    assert max(map(len, rendered(VIEW).splitlines())) <= 80


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (None, "r-7: nothing has failed that a release could be at fault for"),
        (
            Attribution(answer=Answer.NONE, basis=Basis.TRACES, reason="each is shown to do no harm"),
            "none of the new versions is at fault, by whole journeys: each is shown to do no\n  harm",
        ),
        (
            Attribution(
                answer=Answer.PAIR,
                basis=Basis.TOGGLES,
                reason="either alone is well",
                culprits=(PAYMENTS, SEARCH),
            ),
            (
                "payments@2.0.0 and search@3.1.0 fail where they meet, by switching suspects off\n"
                "  in turn: either alone is well"
            ),
        ),
        (
            Attribution(
                answer=Answer.UNDECIDED, basis=Basis.EDGES, reason="too few failed", more_failing=1200
            ),
            (
                "who is at fault is not decided yet, by counts of calls: too few failed\n"
                "about 1,200 more failing journeys would settle it"
            ),
        ),
        (
            Attribution(answer=Answer.NOT_IDENTIFIABLE, basis=Basis.TRACES, reason="the same users met both"),
            "who is at fault cannot be told, by whole journeys: the same users met both",
        ),
    ],
)
def test_every_answer_is_a_sentence(said: Attribution | None, line: str) -> None:
    assert rendered(CulpritsView(rollout="r-7", attribution=said)) == line


def test_without_failures_the_picture_is_empty() -> None:
    calm = CulpritsView(rollout="r-7", attribution=None)
    assert rendered(calm, "dot") == "digraph culprits {\n  rankdir=LR;\n}"


def test_a_path_with_a_hole_or_a_circle_ends() -> None:
    back = CallEdge(caller=CART, callee=WEB)
    elsewhere = CallEdge(caller=None, callee=SEARCH)
    spread = Spread(failures=5, journeys=4, over={TO_CART: 4, back: 3, elsewhere: 1})
    view = replace(
        VIEW, attribution=None, traces=(), lost={}, origins=origin_views({BROKE: spread}), failed=0
    )
    assert rendered(view).split("\n\n")[-1] == (
        "5 failures (error) began at payments@2.0.0 and failed 4 journeys, 4 of all that\n"
        "  failed\n"
        "  ✗ cart@1.9.2 → payments@2.0.0\n"
        "    ↑ web@1.4.0 → cart@1.9.2  4\n"
        "      ↑ cart@1.9.2 → web@1.4.0  3\n"
        "    ↑ (outside) → search@3.1.0  1"
    )


def test_a_long_and_deep_trace_is_cut() -> None:
    first, call = TRACE.calls[:2]
    deep = replace(TRACE, calls=(first, *(replace(call, parent=number) for number in range(60))))
    lines = rendered(replace(VIEW, traces=(deep,))).splitlines()
    assert lines[-1] == "  and 21 more calls"
    assert lines[-2] == f"{' ' * 20}↑ web@1.4.0 → cart@1.9.2  error 502  200 ms"


HOSTILE = version('x"]; \x1b[2J\n--> n9@1.0.0')


def test_hostile_names_give_no_orders() -> None:
    edge = CallEdge(caller=None, callee=HOSTILE)
    begun = {Origin(at_fault=HOSTILE, edge=edge, ending=Ending.ERROR): Spread(failures=1, over={edge: 1})}
    said = replace(SAID, culprits=(HOSTILE,), ranking=(), reason="of it")
    view = replace(VIEW, attribution=said, origins=origin_views(begun), traces=())
    for output in ("text", "mermaid", "dot"):
        assert "\x1b" not in rendered(view, output)
    assert '["x#34;#93;#59; #27;#91;2J#10;--#62; n9@1.0.0"]:::origin' in rendered(view, "mermaid")
    assert '"x\\"]; \ufffd[2J\ufffd--> n9@1.0.0" [color=red, penwidth=3];' in rendered(view, "dot")


# --- the command, against an API that answers with the view


class Api(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = self.path == "/v1/rollouts/r-7/culprits"
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json" if known else "application/problem+json")
        self.end_headers()
        form: TypeAdapter[CulpritsView] = TypeAdapter(CulpritsView)
        self.wfile.write(form.dump_json(VIEW) if known else b'{"problems": ["there is no rollout \'r-8\'"]}')

    def log_message(self, *_: object) -> None:
        """Standard error is the command's."""


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        StateDir.open(tmp_path).publish_api(ApiAddress(url=url, token="t", pid=os.getpid()))
        yield str(tmp_path)
        server.shutdown()


def test_the_command_shows_as_many_traces_as_are_asked_for(state_dir: str) -> None:
    whole, none = (
        CliRunner().invoke(culprits, ["r-7", "--state-dir", state_dir, *more])
        for more in ([], ["--traces", "0"])
    )
    assert whole.output == f"{TEXT}\n"
    assert none.output == TEXT.partition("\n\ntrace ")[0] + "\n"


def test_json_is_the_view(state_dir: str) -> None:
    done = CliRunner().invoke(culprits, ["r-7", "--state-dir", state_dir, "-o", "json"])
    assert TypeAdapter(CulpritsView).validate_python(json.loads(done.output)) == VIEW


def test_a_rollout_that_there_is_not_is_refused(state_dir: str) -> None:
    done = CliRunner().invoke(culprits, ["r-8", "--state-dir", state_dir])
    assert str(done.exception) == "there is no rollout 'r-8'"


def test_what_is_called_stands_below_its_caller() -> None:
    """Also where the calls of a journey are told level by level."""

    def call(caller: VersionedService | None, callee: VersionedService, parent: int | None) -> Call:
        edge = CallEdge(caller=caller, callee=callee)
        return Call(edge=edge, parent=parent, start=0.0, seconds=0.001, ending=Ending.OK)

    calls = (call(None, WEB, None), call(WEB, CART, 0), call(WEB, SEARCH, 0), call(CART, PAYMENTS, 1))
    journey = Journey(trace="00", calls=calls, met={}, failed=False)
    assert [line.split("  ok")[0] for line in journey_lines(journey)] == [
        "trace 00 ended well",
        "  · (outside) → web@1.4.0",
        "    · web@1.4.0 → cart@1.9.2",
        "      · cart@1.9.2 → payments@2.0.0",
        "    · web@1.4.0 → search@3.1.0",
    ]
