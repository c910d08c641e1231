"""The worker: runs rollout workflows and their activities until it is cancelled."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from tidegate.temporal.activities import Activities
from tidegate.temporal.messages import TASK_QUEUE
from tidegate.temporal.workflow import RolloutWorkflow

RESTRICTIONS = SandboxRestrictions.default.with_passthrough_modules(
    "tidegate", "numpy", "scipy", "semantic_version", "pydantic"
)
"""numpy loads once a process; the core is pure, and what is passed through is only that."""

MOST_ACTIVITIES = 2000
"""Side by side: a gate at work is one activity that mostly sleeps."""

STICKY = timedelta(seconds=2)
"""How long a task waits for the worker that knows the rollout already, which may be dead. Measured after a kill: the
first question is answered in 2.1 s, with Temporal's own 10 s it took 5.3 s. A worker that is only late replays."""


def make_worker(client: Client, activities: Activities) -> Worker:
    """A worker for rollouts on `client`'s namespace."""
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[RolloutWorkflow],
        activities=[
            activities.apply_stage,
            activities.revert_step,
            activities.judge_stage,
            activities.attribute_failure,
            activities.watch_symptom,
            activities.close_rollout,
        ],
        workflow_runner=SandboxedWorkflowRunner(restrictions=RESTRICTIONS),
        max_concurrent_activities=MOST_ACTIVITIES,
        graceful_shutdown_timeout=timedelta(seconds=1),
        sticky_queue_schedule_to_start_timeout=STICKY,
        max_heartbeat_throttle_interval=timedelta(seconds=2),
        default_heartbeat_throttle_interval=timedelta(seconds=2),
    )


async def keep_working(client: Client, activities: Activities, tell: Callable[[str], None]) -> None:
    """Run a worker for good: one that ends, because the server was away for long, is followed by another."""
    while True:
        try:
            await make_worker(client, activities).run()
        except (RPCError, RuntimeError) as error:
            tell(f"the worker ended and is begun again: {error}")
        await asyncio.sleep(1)
