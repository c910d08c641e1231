"""`python -m bench.attribution COMMAND`.

factorial    simultaneous canaries in made-up traffic
"""

import sys
from collections.abc import Callable, Mapping, Sequence

from bench.attribution import factorial

COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "factorial": factorial.main,
}
"""What each command does with its arguments; it returns the exit code."""


def main(arguments: Sequence[str]) -> int:
    """Run the command that is named first."""
    if arguments and arguments[0] in COMMANDS:
        return COMMANDS[arguments[0]](arguments[1:])
    sys.stderr.write(__doc__ or "")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
