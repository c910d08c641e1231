"""`python -m bench.attribution COMMAND`.

changerca    which release did it, on recorded canaries in a folder that is given
factorial    simultaneous canaries in made-up traffic
matrix       faults on a live mesh, several canaries at once
petshop      where a recorded issue began, on a known graph in a folder that is given
receiver     spans a core takes, and that none is lost uncounted
"""

import sys
from collections.abc import Callable, Mapping, Sequence

from bench.attribution import changerca, factorial, petshop
from bench.attribution.matrix import command as matrix
from bench.attribution.receiver import command as receiver

COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "changerca": changerca.main,
    "factorial": factorial.main,
    "matrix": matrix.main,
    "petshop": petshop.main,
    "receiver": receiver.main,
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
