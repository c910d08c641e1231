"""What is printed when something goes wrong: what, where, and what next."""

import pytest

from tidegate.core.errors import Location, Problem, Refused, Unavailable

HERE = Location(file="change.yaml", line=3)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem(message="no such service"), "no such service"),
        (Problem(message="no such service", location=HERE), "change.yaml:3: no such service"),
        (Problem(message="no such service", hint="add it"), "no such service (add it)"),
        (
            Problem(message="no such service", location=HERE, hint="add it"),
            "change.yaml:3: no such service (add it)",
        ),
    ],
)
def test_a_problem_reads_like_a_compilers(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_a_refusal_lists_every_problem() -> None:
    first, second = Problem(message="one", location=HERE), Problem(message="two")
    refused = Refused(iter([first, second]))
    assert refused.problems == (first, second)
    assert str(refused) == "change.yaml:3: one\ntwo"


def test_what_is_unavailable_says_what_next_if_anything() -> None:
    assert str(Unavailable("Temporal does not answer", hint="tidegate up")) == (
        "Temporal does not answer (tidegate up)"
    )
    assert str(Unavailable("Temporal does not answer")) == "Temporal does not answer"
