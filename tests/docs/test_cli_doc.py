"""docs/cli.md has every command with every argument and option, and none that is not there."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tidegate.cli import tidegate
from tidegate.cli.exits import Exit

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with its full name."""
    if not isinstance(command, click.Group):
        yield " ".join(path), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from leaves(found, (*path, name))


def sections() -> Iterator[tuple[str, str, str]]:
    """(command, its arguments as written, what the page says about it)."""
    for part in re.split(r"^(?=#{2,3} )", PAGE, flags=re.MULTILINE):
        if heading := re.match(r"### `tidegate ([a-z -]*[a-z])((?: [^`]*)?)`\n", part):
            yield heading[1], heading[2].strip(), part


COMMANDS = dict(leaves(tidegate))
SECTIONS = {name: (arguments, text) for name, arguments, text in sections()}


def test_every_command_has_a_section_and_every_section_a_command() -> None:
    assert list(SECTIONS) != []
    assert sorted(SECTIONS) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_section_has_the_arguments_and_exactly_the_options_of_its_command(name: str) -> None:
    arguments, text = SECTIONS[name]
    context = click.Context(COMMANDS[name])
    written = [p.make_metavar(context) for p in COMMANDS[name].params if isinstance(p, click.Argument)]
    assert arguments == " ".join(written)
    options = {
        flag
        for option in COMMANDS[name].params
        if isinstance(option, click.Option)
        for flag in (*option.opts, *option.secondary_opts)
    }
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `-")]
    documented = {flag for row in rows for flag in re.findall(r"`(--?[a-z-]+)`", row)}
    assert documented == options


@pytest.mark.parametrize("name", COMMANDS)
def test_a_section_has_each_choice_that_an_option_gives(name: str) -> None:
    for option in COMMANDS[name].params:
        if isinstance(option.type, click.Choice):
            row = next(line for line in SECTIONS[name][1].splitlines() if f"`{option.opts[-1]}`" in line)
            if "as for" not in row:
                assert [choice for choice in option.type.choices if f"`{choice}`" not in row] == []


def test_a_required_option_is_said_to_be_required() -> None:
    for name, command in COMMANDS.items():
        for option in command.params:
            if isinstance(option, click.Option):
                said = f"`{option.opts[-1]}` (required) |" in SECTIONS[name][1]
                assert said == option.required, (name, option.opts)


def test_every_exit_code_is_explained() -> None:
    rows = re.findall(r"^\| (\d+) \|", PAGE, flags=re.MULTILINE)
    assert list(map(int, rows)) == [*map(int, Exit), 130]
