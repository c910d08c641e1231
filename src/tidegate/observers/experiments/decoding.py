"""Log requests as they are read from the wire.

Trace and span ids, which JSON has in hexadecimal, are read by nobody here.
"""

from collections.abc import Iterator
from typing import Final

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tidegate.otlp.wire import Form

MOST_PARTS: Final = 20_000
"""Resources, scopes and records of a push; an SDK sends 512 records at once, a collector 8192."""


def _parts(request: ExportLogsServiceRequest) -> Iterator[int]:
    yield len(request.resource_logs)
    for pushed in request.resource_logs:
        yield len(pushed.scope_logs)
        yield from (len(scoped.log_records) for scoped in pushed.scope_logs)


LOGS: Final = Form(
    name="logs",
    message=ExportLogsServiceRequest,
    most_parts=MOST_PARTS,
    named="resources, scopes and log records",
    parts=_parts,
)
