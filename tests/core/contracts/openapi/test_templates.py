"""Which concrete paths a template stands for, and what its parameters are then."""

import pytest

from tidegate.core.contracts.openapi.templates import Template


@pytest.mark.parametrize(
    ("template", "path", "arguments"),
    [
        ("/pets", "/pets", ()),
        ("/pets", "/pet", None),
        ("/pets", "/pets/", None),
        ("/pets/{id}", "/pets/7", ("7",)),
        ("/pets/{id}", "/pets/", None),
        ("/pets/{id}", "/pets/a%2Fb%20c", ("a/b c",)),
        ("/pets/{id}/toys/{toy}", "/pets/7/toys/ball", ("7", "ball")),
        ("/report.{format}", "/report.csv", ("csv",)),
        ("/report.{format}", "/report.", None),
        ("/report.{format}", "/reports", None),
        ("/{a}-{b}.{c}", "/1-2.3", ("1", "2", "3")),
        ("/{a}-{b}", "/1", None),
        ("/{a}{b}", "/xyz", ("x", "yz")),
        ("/{a}{b}", "/x", None),
        ("/{a}:done", "/7:done", ("7",)),
        ("/{a}:done", "/7:doing", None),
    ],
)
def test_a_path_finds_its_arguments(template: str, path: str, arguments: tuple[str, ...] | None) -> None:
    assert Template(text=template).arguments(path) == arguments


def test_names_of_parameters_bind_nobody() -> None:
    assert Template(text="/pets/{id}").key == Template(text="/pets/{petId}").key == "/pets/{}"
    assert Template(text="/pets/{id}/{toy}").names == ("id", "toy")


def test_a_hostile_template_takes_no_time() -> None:
    """A regular expression would try every way to share the letters out."""
    assert Template(text="/" + "{a}" * 5_000 + "!").arguments("/" + "a" * 50_000) is None
