"""Protobuf: compares messages, enums, services and options by the breaking rules of buf.

    rules      every rule of buf and what it means while versions are mixed
    policy     which of them a project counts as breaking
    parts      which part of the interface a finding touches
    findings   from findings, looked for in both directions, to differences

buf itself is run by `tidegate.comparers.buf`. Cannot see: whether a message is a request or a response, so that
a changed message breaks both directions; what methods mean; rules of plugins and policies; what is imported
from outside the folder, other than the well-known types.
"""

from typing import Final

UNSEEN: Final = (
    "whether a message is a request or a response, what methods mean, rules of buf plugins and policies"
)
