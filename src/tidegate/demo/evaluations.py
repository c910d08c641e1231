"""What a demo service tells of the flags that it evaluates: one span for each request, with an event for each flag.

As the semantic conventions of OpenTelemetry for feature flags say. Spans go to whoever receives those of the mesh,
a second's at once; what is not taken is not kept.
"""

import asyncio
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aiohttp import ClientError, ClientSession
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from tidegate.mesh.collector import collector_port, trace_token
from tidegate.mesh.layout import Layout

EVENT: Final = "feature_flag.evaluation"
SECONDS: Final = 1.0
MOST: Final = 5_000
"""Spans that wait to be sent; more are dropped."""

_PARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


@dataclass(slots=True, kw_only=True)
class Evaluations:
    """The spans of one version that were not sent yet."""

    service: str
    version: str
    layout: Layout
    waiting: list[Span] = field(default_factory=list)

    def note(self, traceparent: str, variants: Mapping[str, str], user: str) -> None:
        """Keep which `variants` of which flags a request was answered with, if it is traced."""
        found = _PARENT.fullmatch(traceparent)
        if found is None or not variants or len(self.waiting) >= MOST:
            return
        now = time.time_ns()
        span = Span(
            trace_id=bytes.fromhex(found[1]),
            parent_span_id=bytes.fromhex(found[2]),
            span_id=secrets.token_bytes(8),
            name="evaluate flags",
            kind=Span.SPAN_KIND_INTERNAL,
            start_time_unix_nano=now,
            end_time_unix_nano=now,
        )
        for key, variant in variants.items():
            attributes = {
                "feature_flag.key": key,
                "feature_flag.result.variant": variant,
                "feature_flag.context.id": user,
            }
            span.events.add(time_unix_nano=now, name=EVENT, attributes=_attributes(attributes))
        self.waiting.append(span)

    async def send(self, session: ClientSession) -> None:
        """Send what waits, every second, until cancelled."""
        while True:
            await asyncio.sleep(SECONDS)
            spans, self.waiting = self.waiting, []
            if spans and (port := collector_port(self.layout)):
                await self._push(session, port, spans)

    async def _push(self, session: ClientSession, port: int, spans: list[Span]) -> None:
        resource = Resource(
            attributes=_attributes({"service.name": self.service, "service.version": self.version})
        )
        message = ExportTraceServiceRequest(
            resource_spans=[ResourceSpans(resource=resource, scope_spans=[ScopeSpans(spans=spans)])]
        )
        headers = {
            "Content-Type": "application/x-protobuf",
            "Authorization": f"Bearer {trace_token(self.layout)}",
        }
        url = f"http://127.0.0.1:{port}/v1/traces"
        try:
            async with session.post(url, data=message.SerializeToString(), headers=headers):
                pass
        except (ClientError, TimeoutError, OSError):
            return


def _attributes(values: Mapping[str, str]) -> list[KeyValue]:
    return [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in values.items()]
