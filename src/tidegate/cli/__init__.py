"""The command `tidegate`: one module a group of commands, loaded when it is called.

Commands print to standard output what was asked for, and problems to standard error; `main` is the one place
where errors become messages and exit codes.
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from tidegate.cli.exits import Exit
from tidegate.core.errors import Refused, TidegateError

COMMANDS = {
    "catalog": "catalog",
    "graph": "graph",
    "slo": "slo",
    "contracts": "contracts",
    "can-i-deploy": "can_i",
    "can-i-roll-back": "can_i",
    "plan": "plan",
    "verify": "verify",
    "schedule": "schedule",
    "schema": "schema",
    "flags": "flags",
    "migrations": "migrations",
    "mesh": "mesh",
    "up": "up",
    "apply": "rollouts",
    "rollouts": "rollouts",
    "status": "rollouts",
    "watch": "rollouts",
    "explain": "rollouts",
    "evidence": "rollouts",
    "culprits": "culprits",
    "journal": "rollouts",
    "pause": "rollouts",
    "resume": "rollouts",
    "promote": "rollouts",
    "approve": "rollouts",
    "abort": "rollouts",
    "rollback": "rollouts",
    "analyze": "analyze",
    "gates": "gates",
    "experiment": "experiment",
    "demo": "demo",
}


class Commands(click.Group):
    """Imports a command's module only when the command is used, so that `--help` answers at once.

    `modules` says by command in which module of this package it is.
    """

    def __init__(self, *, modules: Mapping[str, str], **attributes: Any) -> None:
        super().__init__(**attributes)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Commands in the order of the table: that in which a change is made."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, or none; click then says which exist."""
        if cmd_name not in self._modules:
            return None
        module = import_module(f"tidegate.cli.{self._modules[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command


@click.group(cls=Commands, modules=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tidegate")
def tidegate() -> None:
    """Carry out changes that span many services without letting one bad release cascade."""


def main() -> None:
    """Run the command line; errors become a message on standard error and an exit code."""
    try:
        tidegate(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.REFUSED)
    except click.exceptions.Abort:
        sys.exit(130)
    except Refused as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        sys.exit(Exit.REFUSED)
    except TidegateError as error:
        click.echo(f"tidegate: {error}", err=True)
        sys.exit(Exit.UNAVAILABLE)
