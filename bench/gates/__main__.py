"""`python -m bench.gates [COMMAND]`: `simulate` if none is named, all on made-up traffic."""

import sys
from collections.abc import Callable, Mapping, Sequence

from bench.gates import simulate

COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {"simulate": simulate.main}
"""What each command does with its arguments; it returns the exit code."""


def main(arguments: Sequence[str]) -> int:
    """Run the command that is named first."""
    if arguments and arguments[0] in COMMANDS:
        return COMMANDS[arguments[0]](arguments[1:])
    return simulate.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
