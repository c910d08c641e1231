"""`python -m bench.gates [COMMAND]`.

simulate     all on made-up traffic; this is what is done if no command is named
changerca    recorded canaries, in a folder that is given
"""

import sys
from collections.abc import Callable, Mapping, Sequence

from bench.gates import changerca, simulate

COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "changerca": changerca.main,
    "simulate": simulate.main,
}
"""What each command does with its arguments; it returns the exit code."""


def main(arguments: Sequence[str]) -> int:
    """Run the command that is named first."""
    if arguments and arguments[0] in COMMANDS:
        return COMMANDS[arguments[0]](arguments[1:])
    return simulate.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
