"""`tidegate gates size`: whole outputs."""

import json

import pytest
from click.testing import CliRunner

from tidegate.cli.gates import gates

ASKED = ("size", "--rate", "0.1%", "--ratio", "2", "--share", "5%")

ANSWER = """\
to see 2 times 0.1 % of bad answers, canary at 5 % of the traffic, alpha 1 %:
  no test can with fewer than 260,000 requests, 13,000 of them the canary's,
    4.24 min
  this gate in the median with 380,000 requests, 19,000 of them the canary's,
    6.3 min
  up to 450,000 requests, 23,000 of them the canary's, 7.35 min
  (1.2 to 1.4 times the bound, as measured by `python -m bench.gates`,
  and the price of an average over 3 checks)
  at least 11.9 requests more than in the control fail until then
to show that it is not worse by 0.5 points or 1.5 times, alpha 5 %, if it is not
  worse:
  about 24,000 requests, 1,200 of them the canary's, 23 s
"""


def test_the_answer() -> None:
    result = CliRunner().invoke(gates, [*ASKED, "--rps", "1000"])
    assert (result.exit_code, result.output) == (0, ANSWER)


def test_without_traffic_no_time_and_with_little_days() -> None:
    assert " min" not in CliRunner().invoke(gates, ASKED).output
    assert " days" in CliRunner().invoke(gates, [*ASKED, "--rps", "0.5"]).output


def test_as_json_with_another_gate() -> None:
    result = CliRunner().invoke(gates, [*ASKED, "--alpha", "0.1%", "--worse-by", "1%", "-o", "json"])
    found = json.loads(result.output)
    assert found["bound"]["requests"] == pytest.approx(381_458, rel=1e-4)
    assert found["bound"]["seconds"] is None
    assert list(found) == ["bound", "expected", "proof", "failed_at_least"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--rate", "60%"), "2 times 60 % is not a share below 100 %"),
        (("--rate", "0%"), "0% is not more than 0%"),
        (("--ratio", "1"), "is not in the range 1<x<=1000000"),
        (("--share", "100%"), "100% is not less than 100%"),
        (("--rps", "0"), "0 is not in the range"),
    ],
)
def test_questions_without_sense(options: tuple[str, ...], words: str) -> None:
    result = CliRunner().invoke(gates, [*ASKED, *options])
    assert result.exit_code == 2
    assert words in result.output
