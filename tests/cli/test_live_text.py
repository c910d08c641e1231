"""A learned graph as drawings: nothing of a name gets out of its quotes, and what is undeclared is dashed."""

from tidegate.cli.live_text import LIVE_RENDERINGS
from tidegate.core.ids import ServiceName
from tidegate.core.traces.learned import LearnedEdge, LearnedGraph
from tidegate.core.traces.measured import Measured

EVIL = ServiceName('end"]; x')
MEASURED = Measured(
    graph=LearnedGraph(
        edges=(
            LearnedEdge(
                caller=None,
                callee=ServiceName("web"),
                declared=True,
                calls=20,
                bad=5,
                rejected=0,
                timed_out=2,
            ),
            LearnedEdge(
                caller=ServiceName("web"),
                callee=EVIL,
                declared=False,
                calls=4,
                bad=0,
                rejected=0,
                asynchronous=4,
            ),
        ),
        shares={
            ServiceName("web"): {ServiceName("web"): 1.0, EVIL: 0.25, ServiceName("cart"): 0.5},
            EVIL: {EVIL: 1.0},
        },
    ),
    at=0.0,
    seconds=10.0,
)


def test_as_mermaid() -> None:
    assert list(LIVE_RENDERINGS["mermaid"](MEASURED)) == [
        "flowchart LR",
        '  n0["#40;outside#41;"]',
        '  n1["end#34;#93;#59; x"]',
        '  n2["web"]',
        '  n0 -->|"2/s, 25 #37; failed"| n2',
        '  n2 -.->|"0.4/s"| n1',
    ]


def test_as_dot() -> None:
    assert list(LIVE_RENDERINGS["dot"](MEASURED)) == [
        "digraph learned {",
        "  rankdir=LR;",
        '  "(outside)" -> "web" [label="2/s, 25 % failed"];',
        r'  "web" -> "end\"]; x" [label="0.4/s", style=dashed];',
        "}",
    ]


def test_as_text() -> None:
    assert list(LIVE_RENDERINGS["text"](MEASURED)) == [
        "(outside)",
        "  → web  2/s, 25 % failed, 10 % timed out",
        "web, 2 calls/s",
        '  → end"]; x  undeclared, 0.4/s, 100 % not waited for',
        'journeys that enter at web go through cart 50 %, end"]; x 25 %',
        'journeys that enter at end"]; x go through nothing else',
    ]


def test_nothing_is_said_to_be_nothing() -> None:
    nothing = Measured(graph=LearnedGraph(), at=0.0, seconds=2.5)
    assert list(LIVE_RENDERINGS["text"](nothing)) == ["no call was seen within 2.5 s"]
