"""Secrets: where a file says that they are, and read there at the moment that they are needed.

They are never shown, logged or stored.
"""

import os
from pathlib import Path
from typing import Final

from tidegate.core.errors import Unavailable
from tidegate.core.telemetry import Secret
from tidegate.sources.tree import Node

MOST_BYTES: Final = 64 << 10


def secret_at(node: Node, folder: Path) -> Secret:
    """Where a file of ours says that a secret is; the path of its file is relative to `folder`."""
    file = node.at("file").text
    return Secret(file=str(folder / file) if file else "", variable=node.at("variable").text)


def secret_in(secret: Secret, field: str) -> str:
    """The secret, without the line break that files end with; `Unavailable` names the `field` that says where it is."""
    next_ = f"see {field}"
    try:
        found = (_read(secret.file) if secret.file else os.environ[secret.variable]).strip()
    except KeyError:
        raise Unavailable(f"cannot read the secret in {secret}: it is not set", next_) from None
    except UnicodeDecodeError:
        raise Unavailable(f"cannot read the secret in {secret}: it is not text", next_) from None
    except OSError as error:
        raise Unavailable(f"cannot read the secret in {secret}: {error.strerror}", next_) from None
    if not found or not found.isprintable():
        raise Unavailable(f"the secret in {secret} is empty or of several lines", next_)
    return found


def _read(file: str) -> str:
    with Path(file).open("rb") as stream:
        return stream.read(MOST_BYTES).decode()
