"""Become another program while holding its name: `python -m tidegate.mesh.launch PIDFILE SPECFILE COMMAND…`.

The program replaces this process, so the pid written is its pid and the lock ends when it ends. There is no
moment at which the program runs without being found by its pid file.
"""

import os
import sys
from pathlib import Path

from tidegate.mesh import pidlock


def main(arguments: list[str]) -> None:
    """Take the lock, see that the process is still wanted, and become it."""
    pid_file, spec_file, *command = arguments
    descriptor = pidlock.acquire(Path(pid_file))
    if descriptor is None or not Path(spec_file).exists():
        return  # it runs already, or the mesh went down before we came up
    os.set_inheritable(descriptor, True)
    os.execv(command[0], command)  # noqa: S606 - no shell is what we want


if __name__ == "__main__":
    main(sys.argv[1:])
