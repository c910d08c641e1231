"""How the rest of tidegate speaks to its workflows: begin one, look at one, tell one what an operator wants."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import (
    Client,
    TLSConfig,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RetryConfig, RPCError, RPCStatusCode

from tidegate.core.errors import Problem, Refused, Unavailable
from tidegate.core.ids import RolloutId
from tidegate.core.rollout import machine
from tidegate.core.rollout.events import OperatorEvent
from tidegate.core.rollout.state import Rollout
from tidegate.temporal.messages import CONVERTER, TASK_QUEUE
from tidegate.temporal.workflow import RolloutWorkflow

Answer = TypeVar("Answer")

PATIENCE_SECONDS = 20.0
"""How long a question is repeated while the server is away; it comes back within 0.8 s in the median."""

RPC_SECONDS = timedelta(seconds=5)

RETRIES = RetryConfig(max_interval_millis=500, max_elapsed_time_millis=10_000, max_retries=40)
"""How Temporal's library repeats each call by itself, whatever time-out it is given. Left alone it waits up to 5 s
between two tries, long after a restarted server answers again."""

_PASSING = {
    RPCStatusCode.UNKNOWN,
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.FAILED_PRECONDITION,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
}
"""What a client hears while the server restarts (measured); everything else is an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where a Temporal server is and how to get in. Files are PEM; `api_key` is never printed."""

    address: str
    namespace: str = "default"
    tls: bool = False
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    api_key: str | None = None

    def tls_config(self) -> TLSConfig | bool:
        """TLS as the options say: none, the system's, or with certificates of one's own."""
        if not (self.tls or self.ca_file or self.cert_file or self.api_key):
            return False
        return TLSConfig(
            server_root_ca_cert=_content(self.ca_file),
            client_cert=_content(self.cert_file),
            client_private_key=_content(self.key_file),
        )


def _content(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused([Problem(message=f"cannot read {path}: {error.strerror}")]) from error


async def connect(cluster: Cluster) -> Client:
    """A client of `cluster`; `Unavailable` when nothing answers there, `Refused` when it cannot be asked."""
    tls = cluster.tls_config()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            client = await Client.connect(
                cluster.address,
                namespace=cluster.namespace,
                tls=tls,
                api_key=cluster.api_key,
                data_converter=CONVERTER,
                retry_config=RETRIES,
            )
            await _knows(client, cluster)
    except ValueError as error:
        hint = "write it as HOST:PORT; a certificate needs its key"
        raise Refused([Problem(message=f"--temporal {cluster.address}: {error}", hint=hint)]) from error
    except (RuntimeError, TimeoutError) as error:
        raise Unavailable(
            f"no Temporal server answers at {cluster.address}",
            "check --temporal ADDRESS, TLS and the API key, or leave it out for the embedded server",
        ) from error
    return client


async def _knows(client: Client, cluster: Cluster) -> None:
    """Ask for the namespace at once: without it nothing would work later, and nothing would say why."""
    request = DescribeNamespaceRequest(namespace=cluster.namespace)
    try:
        await client.workflow_service.describe_namespace(request, timeout=RPC_SECONDS)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise Unavailable(
                f"the Temporal server at {cluster.address} has no namespace {cluster.namespace!r}",
                f"create it (`temporal operator namespace create -n {cluster.namespace} "
                f"--address {cluster.address}`), or name another with --namespace",
            ) from error
        raise _refusing(error) from error


def _refusing(error: RPCError) -> Unavailable:
    return Unavailable(
        f"Temporal refuses ({error.status.name}): {error}", "check namespace, API key and rights"
    )


class Unknown(Unavailable):
    """Temporal has no workflow of that rollout."""


@dataclass(frozen=True, slots=True)
class Rollouts:
    """Running rollouts, by their ids. Every question is repeated while the server restarts."""

    client: Client

    async def begin(self, rollout: Rollout) -> None:
        """Begin a rollout that was just opened; beginning it again, also after its end, changes nothing."""
        with suppress(WorkflowAlreadyStartedError):
            await _patiently(
                lambda: self.client.start_workflow(
                    RolloutWorkflow.run,
                    rollout,
                    id=rollout.id,
                    task_queue=TASK_QUEUE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    rpc_timeout=RPC_SECONDS,
                )
            )

    async def state(self, id_: RolloutId) -> Rollout:
        """A rollout at this moment; `Unknown` when Temporal never heard of it."""
        handle = self.client.get_workflow_handle_for(RolloutWorkflow.run, id_)
        try:
            return await _patiently(lambda: handle.query(RolloutWorkflow.state, rpc_timeout=RPC_SECONDS))
        except RPCError as error:  # not found: every other answer was translated
            hint = "use the Temporal server that it was begun on"
            raise Unknown(f"Temporal has no rollout {id_!r}", hint) from error

    async def operate(self, id_: RolloutId, event: OperatorEvent) -> Rollout:
        """Tell a rollout what an operator wants; `Refused` with the reason when it does not fit."""
        handle = self.client.get_workflow_handle_for(RolloutWorkflow.run, id_)
        once = str(uuid4())  # repeated, it is still one update
        try:
            return await _patiently(
                lambda: handle.execute_update(
                    RolloutWorkflow.operate, event, id=once, rpc_timeout=RPC_SECONDS
                )
            )
        except WorkflowUpdateFailedError as error:
            if isinstance(error.cause, ApplicationError) and error.cause.type == "Refused":
                raise Refused([Problem(message=error.cause.message)]) from error
            raise
        except RPCError as error:  # not found: its workflow is over, or was never begun
            why = machine.refusal(await self.state(id_), event)
            raise Refused([Problem(message=why or f"the workflow of {id_} was ended in Temporal")]) from error


async def _patiently(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """The answer, asking again while the server restarts; `RPCError` only for what it does not know."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + PATIENCE_SECONDS
    while True:
        try:
            return await ask()
        except (WorkflowQueryFailedError, WorkflowUpdateRPCTimeoutOrCancelledError, RPCError) as error:
            if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
                raise
            if isinstance(error, RPCError) and error.status not in _PASSING:
                raise _refusing(error) from error
            if clock() > deadline:
                raise Unavailable(
                    f"Temporal did not answer within {PATIENCE_SECONDS:g} s: {error}",
                    "is the server up? its log is temporal/server.log in the state directory",
                ) from error
        await asyncio.sleep(0.2)
