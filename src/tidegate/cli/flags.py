"""`tidegate flags`: feature flags, from their files to what is served."""

import click

from tidegate.cli import Commands

MODULES = {
    "check": "flags_check",
    "list": "flags_list",
    "show": "flags_list",
    "off": "flags_switch",
    "on": "flags_switch",
    "serve": "flags_serve",
}


@click.group(cls=Commands, modules=MODULES)
def flags() -> None:
    """Feature flags in flagd's format: what is defined and served, and what should be seen to."""
