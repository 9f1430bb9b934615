"""The kernel's own jobs, and how any job is queued. Every job is safe to run twice."""

from __future__ import annotations

import logging
from typing import Any

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from procrastinate.tasks import Task, configure_task

from zhixing.kernel import approval, gateways
from zhixing.kernel import notices as notice_box
from zhixing.kernel.scope import SYSTEM

logger = logging.getLogger(__name__)

# A job that was cut off this often is what kills its workers: it is given up, visibly, instead of killing the next.
MAX_ATTEMPTS = 5


def defer(task: Task, **arguments: Any) -> int:
    """Queue a job in the caller's own transaction and return its number: it exists exactly if that transaction commits.

    Works alike in a request, a command and inside another job, whose worker would otherwise queue it at once over a
    connection of its own.
    """
    manager = JobManager(DjangoConnector())
    return configure_task(
        name=task.name, job_manager=manager, queue=task.queue, lock=task.lock, queueing_lock=task.queueing_lock
    ).defer(**arguments)


@app.task(queue="mail", retry=RetryStrategy(max_attempts=8, exponential_wait=4))
def mail_notices(notices: list[int]) -> int:
    """Mail notices; tried again, ever later, while the mail server cannot be reached."""
    return notice_box.deliver(notices)


@app.task(queue="mail", retry=RetryStrategy(max_attempts=6, exponential_wait=3))
def carry_message(packed: str) -> None:
    """Send a message to somebody without an account that the gateway did not take at once."""
    gateways.carry(*gateways.unpack(packed))


# The queue's clock is UTC: a quarter to seven in the morning in China.
@app.periodic(cron="45 22 * * *")
@app.task(queue="default", queueing_lock="escalate_idle_daily")
def escalate_idle_daily(timestamp: int = 0) -> int:
    """Every morning: approvals that have waited their days lie with the role above as well."""
    return approval.escalate_idle(SYSTEM)


@app.periodic(cron="*/5 * * * *")
@app.task(queue="default", queueing_lock="retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int = 0) -> int:
    """Put jobs back into the queue whose worker was killed, which the queue would else show as running for ever."""
    manager = app.job_manager
    retried = 0
    for job in await manager.get_stalled_jobs():
        if job.id == context.job.id:
            continue
        if job.attempts >= MAX_ATTEMPTS or job.task_name == retry_stalled.name:
            logger.error("job %s (%s) was cut off %s times and is given up", job.id, job.task_name, job.attempts)
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)
            continue
        try:
            await manager.retry_job(job)
            retried += 1
        except UniqueViolation:
            # The same work is already waiting in the queue.
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)
    return retried
